import type { Client } from '@temporalio/client';
import { jobWorkflowId, provisionWorkflowId } from '../domain/ids.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import type { Estate } from '../estate/schema.js';
import { nearest } from '../estate/suggest.js';
import type { Session } from './connection.js';
import { isNotFound } from './grpc-errors.js';
import type { RunInfo, RunSubject } from './run-view.js';
import { listRuns } from './visibility.js';

const RUN_ID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** A run that somebody named, and what it is about. */
export interface FoundRun {
  subject: RunSubject;
  /** The host whose worker does the work; empty when the estate does not tell. */
  host: string;
  info: RunInfo;
}

/** Finds a run by its workflow id, its run id or the name of its job; of several runs of one id, the last. */
export async function findRun({ client }: Session, { estate }: LoadedEstate, id: string): Promise<FoundRun> {
  const info = RUN_ID.test(id)
    ? (await listRuns(client, `RunId = '${id}'`, 1))[0]
    : await described(client, id.includes('/') ? id : jobWorkflowId(estate.estate, id));
  if (info === undefined) {
    const suggestion = nearest(id, Object.keys(estate.jobs));
    throw new UsageError(`no run is known by ${JSON.stringify(id)}`, {
      hint: 'give a workflow id, a run id or the name of a job; `fts runs` lists them',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  const subject = subjectOf(estate, info);
  return { subject, host: hostOf(estate, subject, info), info };
}

async function described(client: Client, workflowId: string): Promise<RunInfo | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What a run is about, by its id, and by what it was started with where the id does not hold it. */
export function subjectOf({ estate }: Estate, { type, workflowId, memo }: RunInfo): RunSubject {
  const provisioned = provisionWorkflowId(estate, '');
  if (type === 'provision' && workflowId.startsWith(provisioned)) {
    return { volume: workflowId.slice(provisioned.length), kind: type };
  }
  if (type === 'rebuild' || type === 'rebuildPlan')
    return { volume: workflowId.split('/')[2] ?? '', kind: 'rebuild' };
  const id = workflowId.split('/').at(-1) ?? '';
  if (type === 'restore' || type === 'restorePlan') return { restore: id, kind: 'restore' };
  const jobs = jobWorkflowId(estate, '');
  if (type === 'recall' || type === 'recallPlan') {
    const [job = '', , part = ''] = workflowId.slice(jobs.length).split('/');
    return { project: typeof memo?.project === 'string' ? memo.project : part, job, kind: 'recall' };
  }
  return { job: workflowId.startsWith(jobs) ? workflowId.slice(jobs.length) : workflowId, kind: type };
}

function hostOf(estate: Estate, subject: RunSubject, { memo }: RunInfo): string {
  if ('restore' in subject) return typeof memo?.host === 'string' ? memo.host : '';
  if ('volume' in subject) return estate.volumes[subject.volume]?.host ?? '';
  return subject.job in estate.jobs ? jobHost(estate, subject.job) : '';
}
