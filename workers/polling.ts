import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import { patiently } from './patiently.js';
import type { WorkerSetting } from './worker-process.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

/** Name of this process's worker at the server. */
export const workerIdentity = (): string => `${String(process.pid)}@${hostname()}`;

/** Resolves once the server has seen this process ask for activities of the queue. */
export async function untilPolling(
  { connection, namespace, logger }: WorkerSetting,
  taskQueue: string,
  signal: AbortSignal,
): Promise<void> {
  const seen = async (): Promise<void> => {
    const { pollers } = await connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
    });
    if (!pollers.some(({ identity }) => identity === workerIdentity()))
      throw new Error('not seen polling yet');
  };
  await patiently(seen, {
    signal,
    onFailure: (error) => {
      logger.debug({ taskQueue, reason: String(error) }, 'waiting for the server to see this worker');
    },
  });
}
