import { ActivityCancellationType, type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import { hostQueue } from '../src/domain/queues.js';

/**
 * Options of every activity on a host. The start-to-close time is a backstop: 10.9 TiB at 100 Mbit/s is 11 days. A
 * dead worker is noticed by its heartbeat, and a run waits for its host as long as it takes. What is retried, and how
 * long, is the activity's decision.
 */
const OPTIONS = {
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
} as const satisfies ActivityOptions;

/** Activities of type `A` on the one worker of a host. `summary` is what the Web UI shows beside each. */
export const onHost = <A>(host: string, options: ActivityOptions = {}) =>
  proxyActivities<A>({ ...OPTIONS, taskQueue: hostQueue(host), ...options });
