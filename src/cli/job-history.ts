import type { WorkflowExecutionInfo } from '@temporalio/client';
import { readJobRecord } from '../adapters/job-records.js';
import type { State } from '../adapters/state.js';
import type { EndedRun } from '../domain/job-record.js';
import { jobWorkflowId } from '../domain/ids.js';
import type { Session } from './connection.js';
import { knownRecord } from './known-record.js';
import { listedReport } from './run-view.js';
import { estateRunsQuery, jobRunsQuery, listRuns } from './visibility.js';

/** What is known of a job's runs. Skipped runs are left out: nothing was tried in them. */
export interface JobHistory {
  running: boolean;
  last?: EndedRun | undefined;
  lastSuccess?: EndedRun | undefined;
}

/** Recent runs that are read at once; jobs that are not among them are asked for one by one. */
const RECENT = 200;

/** A run that ended so much later than it is now was told by a clock that was ahead (milliseconds); machines differ by less. */
const AHEAD_MS = 3_600_000;

/** Runs of one job that are looked through for one that was not skipped. */
const DEEP = 50;

/** The histories of jobs from this machine's records alone. */
export async function recordedHistories(
  state: State,
  jobs: readonly string[],
): Promise<Map<string, JobHistory>> {
  const entries = jobs.map(async (job): Promise<[string, JobHistory]> => {
    const record = await knownRecord(readJobRecord(state, job));
    const last = record?.last.outcome === 'skipped' ? undefined : record?.last;
    return [job, { running: false, last, lastSuccess: record?.lastSuccess }];
  });
  return new Map(await Promise.all(entries));
}

/** The histories of jobs from Temporal and this machine's records: of each fact the later, as either may have lost it. */
export async function jobHistories(
  session: Session,
  state: State,
  estate: string,
  jobs: readonly string[],
): Promise<Map<string, JobHistory>> {
  const { client } = session;
  const query = estateRunsQuery(estate);
  const [recorded, running, recent] = await Promise.all([
    recordedHistories(state, jobs),
    listRuns(client, `${query} AND ExecutionStatus = 'Running'`, RECENT),
    listRuns(client, `${query} AND ExecutionStatus != 'Running'`, RECENT),
  ]);
  const runningIds = new Set(running.map(({ workflowId }) => workflowId));
  const isAll = recent.length < RECENT;
  const entries = jobs.map(async (job): Promise<[string, JobHistory]> => {
    const id = jobWorkflowId(estate, job);
    const ended = recent.flatMap((info) => (info.workflowId === id ? endedRun(info) : []));
    const known = recorded.get(job);
    const last = newest(ended) ?? (isAll ? undefined : await lastEnded(session, id));
    const lastSuccess =
      newest(ended.filter(isComplete)) ?? (isAll ? undefined : await lastComplete(session, id));
    return [
      job,
      {
        running: runningIds.has(id),
        last: later(last, known?.last),
        lastSuccess: later(lastSuccess, known?.lastSuccess),
      },
    ];
  });
  return new Map(await Promise.all(entries));
}

async function lastEnded({ client }: Session, id: string): Promise<EndedRun | undefined> {
  const infos = await listRuns(client, `${jobRunsQuery(id)} AND ExecutionStatus != 'Running'`, DEEP);
  return newest(infos.flatMap(endedRun));
}

async function lastComplete({ client }: Session, id: string): Promise<EndedRun | undefined> {
  const infos = await listRuns(client, `${jobRunsQuery(id)} AND ExecutionStatus = 'Completed'`, DEEP);
  return newest(infos.flatMap(endedRun).filter(isComplete));
}

function endedRun(info: WorkflowExecutionInfo): EndedRun[] {
  const report = listedReport(info);
  if (report === undefined || report.outcome === 'skipped' || info.closeTime === undefined) return [];
  const { workflowId, runId, startTime, closeTime } = info;
  return [
    { workflowId, runId, startedAt: startTime.toISOString(), endedAt: closeTime.toISOString(), ...report },
  ];
}

const isComplete = ({ outcome }: EndedRun): boolean => outcome === 'complete';

const isAhead = ({ endedAt }: EndedRun): boolean => Date.parse(endedAt) > Date.now() + AHEAD_MS;

/** The first of them, the newest first; one by a clock that was ahead, which would hide all others, only if they all are. */
const newest = (runs: readonly EndedRun[]): EndedRun | undefined =>
  runs.find((run) => !isAhead(run)) ?? runs[0];

function later(a: EndedRun | undefined, b: EndedRun | undefined): EndedRun | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (isAhead(a) !== isAhead(b)) return isAhead(a) ? b : a;
  return Date.parse(a.endedAt) >= Date.parse(b.endedAt) ? a : b;
}
