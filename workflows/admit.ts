import { setCurrentDetails } from '@temporalio/workflow';
import type { AdmissionActivities } from '../activities/admission.js';
import type { JobInput, JobRequest, RunReport } from '../src/domain/job.js';
import { onHost } from './host-activities.js';

/** The request that a job's steps hand to the host, or the report of a run that the host does not let in. */
export type Admitted = { request: JobRequest } | { skipped: RunReport<never> };

/** First step of every job: asks the host whether the job may run now. */
export async function admit({ estate, job, host, declaration, force }: JobInput): Promise<Admitted> {
  const request: JobRequest = { estate, job, declaration, ...(force !== undefined && { force }) };
  const { admitJob } = onHost<AdmissionActivities>(host, { summary: 'volumes and free space' });
  setCurrentDetails(`Waiting for host \`${host}\` to look at the volumes and the free space.`);
  const admission = await admitJob(request);
  if (admission.admitted) return { request };
  const hint = `run it all the same with \`fts run ${job} --force\``;
  const error = { type: admission.type ?? 'JobPaused', message: admission.reason, hint };
  return { skipped: { outcome: 'skipped', result: null, error } };
}
