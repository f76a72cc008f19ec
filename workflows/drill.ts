import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type { DrillActivities } from '../activities/drill.js';
import { type DrillProblem, type DrillResult, drillProblem } from '../src/domain/drill.js';
import type { FailureDetail, JobInput, RunReport } from '../src/domain/job.js';
import { admit } from './admit.js';
import { conclude } from './conclude.js';
import { onHost } from './host-activities.js';

/**
 * Restores a random sample of a repository's newest snapshots into a scratch place and compares it. Fails, with what it
 * found as its result, on any difference, if nothing was compared, if an altered copy was not noticed, and if a snapshot is
 * too old.
 */
export async function drill(input: JobInput): Promise<RunReport<DrillResult>> {
  const { drillRepository } = onHost<DrillActivities>(input.host, { summary: 'restic restore, compare' });

  return conclude<DrillResult>(input, async (done) => {
    const admitted = await admit(input);
    if ('skipped' in admitted) return admitted.skipped;

    setCurrentDetails('A random sample is being restored and compared.');
    const result = (done.result = await drillRepository(admitted.request));
    const problem = drillProblem(result);
    if (problem !== undefined) throw failure(problem);
    return { outcome: 'complete', result };
  });
}

const failure = ({ type, message, hint }: DrillProblem): ApplicationFailure =>
  ApplicationFailure.create({
    ...{ type, message, nonRetryable: true },
    details: [{ hint } satisfies FailureDetail],
  });
