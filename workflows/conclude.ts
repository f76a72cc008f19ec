import { CancellationScope, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { RecordActivities } from '../activities/record.js';
import type { JobInput, RunReport } from '../src/domain/job.js';
import { type Ended, errorOf, failureOf, tellEnd } from './ending.js';
import { onHost } from './host-activities.js';

/** What has been done so far, for the report of a run that fails half-way. */
export interface Done<Result> {
  result: Result | null;
}

/**
 * Runs a job's steps and sees that its end is told everywhere: in the host's record, in the run's search attribute
 * and memo, and in its result or failure. A complete run that cannot be recorded has failed.
 */
export async function conclude<Result>(
  input: JobInput,
  steps: (done: Done<Result>) => Promise<RunReport<Result>>,
): Promise<RunReport<Result>> {
  const done: Done<Result> = { result: null };
  try {
    const report = await steps(done);
    done.result = report.result;
    await record(input, report);
    tellEnd(report);
    return report;
  } catch (caught) {
    const { result } = done;
    const report: Ended = isCancellation(caught)
      ? { outcome: 'cancelled', result }
      : { outcome: 'failed', result, error: errorOf(caught) };
    await CancellationScope.nonCancellable(() => recordIfThere(input, report));
    tellEnd(report);
    throw report.error ? failureOf(report.error, result, caught) : caught;
  }
}

/** A host that cannot write a small file will not learn it. One that is away is waited for: that is no attempt. */
const RECORD_ATTEMPTS = 5;

async function record({ job, host }: JobInput, ended: Ended): Promise<void> {
  if (ended.outcome === 'skipped') return;
  const { recordRun } = onHost<RecordActivities>(host, {
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: RECORD_ATTEMPTS },
    summary: 'record',
  });
  await recordRun({ job, startedAt: workflowInfo().startTime.toISOString(), ...ended });
}

/** A failed run does not wait for its host to come back, nor does it fail for another reason: status has Temporal's word for it. */
async function recordIfThere({ job, host }: JobInput, ended: Ended): Promise<void> {
  const { recordRun } = onHost<RecordActivities>(host, {
    scheduleToStartTimeout: '5 seconds',
    startToCloseTimeout: '10 seconds',
    retry: { maximumAttempts: 2 },
    summary: 'record',
  });
  try {
    await recordRun({ job, startedAt: workflowInfo().startTime.toISOString(), ...ended });
  } catch (error) {
    log.warn('the host did not record the end of the run', { error });
  }
}
