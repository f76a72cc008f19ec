import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { State } from '../adapters/state.js';
import { POLL_SILENCE_SECONDS } from '../domain/health.js';
import { CONTROL_QUEUE, hostQueue } from '../domain/queues.js';
import type { Session } from './connection.js';
import { isDeparted } from './departed.js';
import type { Attendance } from './follow.js';
import type { LiveStep } from './live-run.js';
import { queueWorker } from './pollers.js';
import { toDate } from './timestamps.js';

/** With nobody there for this long, the follower says what it waits for (milliseconds). */
const SAY_AFTER_MS = 5000;

/** Workflow code runs for milliseconds; one that waits for so long is in trouble (milliseconds). */
const STUCK_AFTER_MS = 15_000;

export interface AttendanceOptions {
  session: Session;
  state: State;
  /** The host whose worker does the work; empty when that is not known, and nobody can be missed. */
  host: string;
  /** After this long without a worker following ends; undefined: never (seconds). */
  patienceSeconds?: number | undefined;
  say: (text: string) => void;
}

/** Watches whether the workers that a run needs are there, and says so when they are not. */
export function createAttendance(options: AttendanceOptions): Attendance {
  const { session, state, host, patienceSeconds, say } = options;
  let absentSince: number | undefined;
  let said = '';
  let saidStuck = false;

  const missingQueue = async (steps: readonly LiveStep[]): Promise<string | undefined> => {
    if (host === '' || (await isWorkedOn(state, host, steps))) return undefined;
    const [control, worker] = await Promise.all([
      queueWorker(session, state, CONTROL_QUEUE, 'workflows'),
      queueWorker(session, state, hostQueue(host), 'activities'),
    ]);
    if (worker.state === 'down') return worker.queue;
    return control.state === 'down' ? control.queue : undefined;
  };

  return {
    async check(steps: readonly LiveStep[], description: WorkflowExecutionDescription) {
      const missing = await missingQueue(steps);
      const now = Date.now();
      if (missing === undefined) {
        if (said !== '') say('A worker is there; going on.');
        [absentSince, said] = [undefined, ''];
        if (!saidStuck && isStuck(description, now)) {
          say('Waiting: the control worker does not get on with the run; look at what it logs.');
          saidStuck = true;
        }
        return undefined;
      }
      absentSince ??= now;
      if (said !== missing && now - absentSince >= SAY_AFTER_MS) {
        say(`Waiting: no worker polls ${missing}. ${startHint(missing, host)}.`);
        said = missing;
      }
      const isOver = patienceSeconds !== undefined && now - absentSince >= patienceSeconds * 1000;
      return isOver ? missing : undefined;
    },
  };
}

/** What to do about a queue that nobody polls. */
export const startHint = (queue: string, host: string): string =>
  queue === CONTROL_QUEUE
    ? 'Start one with `fts worker --control`'
    : `Start one on ${host}: \`fts worker --host ${host}\``;

/** A worker that is busy with its only slot does not poll: its heartbeats speak for it. */
async function isWorkedOn(state: State, host: string, steps: readonly LiveStep[]): Promise<boolean> {
  const fresh = Date.now() - POLL_SILENCE_SECONDS * 1000;
  const active = steps.filter(({ started, lastSeenAt }) => started && (lastSeenAt?.getTime() ?? 0) >= fresh);
  const departed = active.map(({ worker }) => isDeparted(state, hostQueue(host), worker));
  return (await Promise.all(departed)).includes(false);
}

/** The workflow's own code waits to be run: it fails again and again, or the worker's version is not the current one. */
function isStuck({ raw }: WorkflowExecutionDescription, now: number): boolean {
  const since = toDate(raw.pendingWorkflowTask?.originalScheduledTime);
  return since !== undefined && now - since.getTime() > STUCK_AFTER_MS;
}
