import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type { CheckActivities } from '../activities/check.js';
import type { CheckResult } from '../src/domain/check.js';
import type { FailureDetail, JobInput, RunReport } from '../src/domain/job.js';
import { admit } from './admit.js';
import { conclude } from './conclude.js';
import { onHost } from './host-activities.js';

/** Reads one part of a repository or mirror back and sees that it is what was stored. Fails when it is not, with the errors in its result. */
export async function check(input: JobInput): Promise<RunReport<CheckResult>> {
  const { checkPart } = onHost<CheckActivities>(input.host, { summary: 'read a part back' });

  return conclude<CheckResult>(input, async (done) => {
    const admitted = await admit(input);
    if ('skipped' in admitted) return admitted.skipped;

    setCurrentDetails('A part of the data is being read back and checked.');
    const { failure, ...result } = await checkPart(admitted.request);
    done.result = result;
    if (failure === undefined) return { outcome: 'complete', result };
    const { type, message, hint } = failure;
    const details: FailureDetail[] = [hint === undefined ? {} : { hint }];
    throw ApplicationFailure.create({ type, message, nonRetryable: true, details });
  });
}
