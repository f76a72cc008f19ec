import type { CheckResult } from '../src/domain/check.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest, RunError } from '../src/domain/job.js';
import { declaredJob } from '../src/estate/admission.js';
import { checkedPlace } from '../src/estate/lookup.js';
import type { Job } from '../src/estate/schema.js';
import { checkMirror } from './check-mirror.js';
import { checkRepository } from './check-repository.js';
import type { CheckDependencies } from './check-step.js';
import { nextDueOf, patiently } from './patience.js';

/** A part that was checked; with errors, what the run fails with. */
export type CheckedPart = CheckResult & { failure?: RunError };

export const createCheckActivities = (dependencies: CheckDependencies) => ({
  /**
   * Checks one part of a repository or mirror, the one whose last reading is the oldest. Changes nothing there. Safe to
   * retry: a part counts as read after it was read without errors, and comes again otherwise.
   */
  checkPart: (request: JobRequest): Promise<CheckedPart> =>
    patiently('check', nextDueOf(dependencies.current, request.job), async (tell, signal) => {
      const { host, current, guard } = dependencies;
      const loaded = await current();
      const declared = checkJob(request.job, declaredJob(loaded, host, request));
      const { readData } = declared;
      const step = { loaded, jobName: request.job, guarded: guard(loaded), tell, signal };
      const place = checkedPlace(declared);
      return 'repository' in place
        ? checkRepository(dependencies, { ...step, job: { ...place, readData } })
        : checkMirror(dependencies, { ...step, job: { ...place, readData } });
    }),
});

export type CheckActivities = ReturnType<typeof createCheckActivities>;

function checkJob(name: string, job: Job): Extract<Job, { kind: 'check' }> {
  if (job.kind === 'check') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a check`);
}
