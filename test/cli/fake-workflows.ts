import { ApplicationFailure, ActivityFailure, proxyActivities, upsertMemo } from '@temporalio/workflow';
import type { JobInput, RunReport } from '../../src/domain/job.js';
import { hostQueue } from '../../src/domain/queues.js';
import type { FakeActivities } from './fake-workers.js';

/** Does what the job's name says, as a real job's workflow would: on the host's queue, reporting in its memo. */
export async function snapshot({ job, host }: JobInput): Promise<RunReport> {
  const { workOnJob } = proxyActivities<FakeActivities>({
    taskQueue: hostQueue(host),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '5 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: '1 second', backoffCoefficient: 1 },
  });
  try {
    const report = await workOnJob(job);
    upsertMemo({ report });
    return report;
  } catch (error) {
    const failure = error instanceof ActivityFailure ? error.cause : error;
    if (!(failure instanceof ApplicationFailure)) throw error;
    const { type, message } = failure;
    upsertMemo({ report: { outcome: 'failed', result: null, error: { type, message, hint: 'look twice' } } });
    throw failure;
  }
}

/** Stands in for provisioning. */
export async function provision({ volume }: { volume: string }): Promise<RunReport> {
  const directories = { made: ['active'], present: [] };
  return Promise.resolve({
    outcome: 'complete',
    result: { volume, mountpoint: '/flux', created: true, directories, notes: [] },
  });
}
