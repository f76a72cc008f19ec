import { jobWorkflowId } from '../domain/ids.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import type { Session } from './connection.js';
import { type LiveStep, liveSteps } from './live-run.js';
import type { QueueWorker } from './pollers.js';

/** What a running job is doing at this moment. */
export async function stepsOfRun({ client }: Session, estate: string, job: string): Promise<LiveStep[]> {
  return liveSteps(await client.workflow.getHandle(jobWorkflowId(estate, job)).describe());
}

/**
 * Why a running job does not get on, for a person; undefined while it does. `workers` are those that the run needs:
 * without one of them, that is the reason.
 */
export function waitingReason(
  steps: readonly LiveStep[],
  workers: readonly QueueWorker[],
): string | undefined {
  const [step] = steps;
  const needed = workers.filter(({ queue }) => step === undefined || queue !== CONTROL_QUEUE);
  const away = step?.started === true ? undefined : needed.find(({ state }) => state === 'down');
  if (away) return `waiting for ${away.queue}, last seen ${away.lastSeen ?? 'never'}`;
  if (step?.progress?.waiting !== undefined) return step.progress.waiting;
  const { trouble } = step ?? {};
  return trouble && `${trouble.type}: ${trouble.message}`;
}
