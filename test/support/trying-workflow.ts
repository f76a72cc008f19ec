import { proxyActivities } from '@temporalio/workflow';

/** Tries a host's activity again and again, with hardly a pause, until it succeeds or fails for good. */
export async function trying(taskQueue: string): Promise<void> {
  const { attempt } = proxyActivities<{ attempt: () => Promise<void> }>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '50 milliseconds', backoffCoefficient: 1 },
  });
  await attempt();
}
