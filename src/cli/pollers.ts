import type { State } from '../adapters/state.js';
import { type WorkerState, workerState } from '../domain/health.js';
import type { Session } from './connection.js';
import { isDeparted } from './departed.js';
import { rfc3339 } from './format.js';
import { toDate } from './timestamps.js';

/** What `fts status` tells of the worker behind a queue. */
export interface QueueWorker {
  queue: string;
  state: WorkerState;
  /** RFC 3339; when the queue was last polled. */
  lastSeen: string | null;
}

/** Asks Temporal who polls a queue. Of workers of this machine, one whose process has ended is down at once. */
export async function queueWorker(
  { client, namespace }: Session,
  state: State,
  queue: string,
  kind: 'workflows' | 'activities',
): Promise<QueueWorker> {
  const { default: proto } = await import('@temporalio/proto');
  const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: kind === 'workflows' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
  });
  const polls = await Promise.all(
    pollers.map(async ({ identity, lastAccessTime }) => ({
      at: toDate(lastAccessTime),
      departed: await isDeparted(state, queue, identity ?? ''),
    })),
  );
  const lastPollAt = latest(polls.filter(({ departed }) => !departed))?.getTime();
  return { queue, state: workerState({ now: Date.now(), lastPollAt }), lastSeen: rfc3339(latest(polls)) };
}

const latest = (polls: readonly { at: Date | undefined }[]): Date | undefined =>
  polls.reduce<Date | undefined>((last, { at }) => (at && (!last || at > last) ? at : last), undefined);
