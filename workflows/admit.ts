import { setCurrentDetails } from '@temporalio/workflow';
import type { AdmissionActivities, Refusal } from '../activities/admission.js';
import type { JobInput, JobRequest, RunReport } from '../src/domain/job.js';
import { onHost } from './host-activities.js';

/** The request that a job's steps hand to the host, or the report of a run that the host does not let in. */
export type Admitted = { request: JobRequest } | { skipped: RunReport<never> };

/** Asks the host whether the job may run now: the first step of a job whose next one does not ask it itself. */
export async function admit(input: JobInput): Promise<Admitted> {
  const { host } = input;
  const request = requestOf(input);
  const { admitJob } = onHost<AdmissionActivities>(host, { summary: 'volumes and free space' });
  setCurrentDetails(`Waiting for host \`${host}\` to look at the volumes and the free space.`);
  const admission = await admitJob(request);
  return admission.admitted ? { request } : { skipped: refused(input, admission) };
}

/** What a job's steps hand to the host. */
export const requestOf = ({ estate, job, declaration, force }: JobInput): JobRequest => ({
  ...{ estate, job, declaration },
  ...(force !== undefined && { force }),
});

/** The report of a run that the host does not let in. */
export function refused({ job }: JobInput, { reason, type }: Refusal): RunReport<never> {
  const hint = `run it all the same with \`fts run ${job} --force\``;
  return { outcome: 'skipped', result: null, error: { type: type ?? 'JobPaused', message: reason, hint } };
}
