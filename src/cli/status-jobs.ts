import { stat } from 'node:fs/promises';
import type { State } from '../adapters/state.js';
import type { EndedRun } from '../domain/job-record.js';
import { type JobFacts, type JobState, ageSeconds, isJobHealthy, jobState } from '../domain/job-state.js';
import type { Outcome } from '../domain/outcome.js';
import { nextDue } from '../estate/cron.js';
import type { LoadedEstate } from '../estate/load.js';
import type { Estate, Job } from '../estate/schema.js';
import { sloSeconds } from '../estate/slo.js';
import { rfc3339 } from './format.js';
import { coverageNow } from './check-summary.js';
import type { JobHistory } from './job-history.js';
import type { JobSchedules } from './job-schedules.js';
import { type HoldStatus, holdStatus } from './status-hold.js';

/** One job of `fts status --json`. */
export interface JobStatus {
  job: string;
  kind: string;
  state: JobState;
  /** Why a running job does not get on; null while it does, and for one that is not running. */
  waiting: string | null;
  /** RFC 3339; end of the last complete run. */
  lastSuccess: string | null;
  /** How the last run ended that was not skipped. */
  lastOutcome: Outcome | null;
  ageSeconds: number | null;
  sloSeconds: number | null;
  /** RFC 3339; null for a job that is paused or has no cron. */
  next: string | null;
  /** Of the last run that was not skipped. */
  result: unknown;
  /** Of a check only: how much was ever read, and how many days ago the oldest of it; null before the first run. */
  coverage?: { share: number; sinceDays: number | null } | null;
  /** What holds it; null when its last run was not held. */
  hold: HoldStatus | null;
}

/** A job's status beside what only people are told. */
export interface JudgedJob {
  status: JobStatus;
  healthy: boolean;
  last: EndedRun | undefined;
}

/** What Temporal alone knows of a job. */
export interface LiveFacts {
  schedules: JobSchedules;
  /** Why its run does not get on. */
  waiting?: string | undefined;
}

/** A job, and what the estate alone says of when it runs. */
export interface TimedJob {
  name: string;
  job: Job;
  /** When it was looked at (milliseconds since the epoch). */
  now: number;
  sloSeconds: number | undefined;
  /** Undefined without a cron. */
  due: Date | undefined;
}

/** When each job of an estate runs. The first cron in a zone takes longer than all others. */
export function timedJobs({ jobs, timezone }: Estate): TimedJob[] {
  const now = Date.now();
  return Object.entries(jobs).map(([name, job]) => ({
    ...{ name, job, now, sloSeconds: sloSeconds(job, timezone) },
    due: job.cron === undefined ? undefined : nextDue(job.cron, timezone, new Date(now)),
  }));
}

/** Judges one job by what is known of its runs. Without `live`, Temporal is away. */
export async function judgeJob(
  loaded: LoadedEstate,
  { name, job, now, sloSeconds: slo, due }: TimedJob,
  { running, last, lastSuccess }: JobHistory,
  { state, live }: { state: State; live: LiveFacts | undefined },
): Promise<JudgedJob> {
  const schedules = live?.schedules;
  const scheduled = job.cron !== undefined;
  const paused = job.paused || (schedules?.paused.has(name) ?? false);
  const isNew = scheduled && !running && lastSuccess === undefined;
  const facts: JobFacts = {
    now,
    scheduled,
    running,
    paused,
    lastOutcome: last?.outcome,
    lastSuccessAt: lastSuccess && Date.parse(lastSuccess.endedAt),
    sloSeconds: slo,
    firstDueAt: isNew ? await firstDueAt(loaded, name, job, schedules) : undefined,
  };
  const status: JobStatus = {
    job: name,
    kind: job.kind,
    state: jobState(facts),
    waiting: live?.waiting ?? null,
    lastSuccess: lastSuccess?.endedAt ?? null,
    lastOutcome: last?.outcome ?? null,
    ageSeconds: ageSeconds(facts) ?? null,
    sloSeconds: slo ?? null,
    next: rfc3339(paused ? undefined : due),
    result: last?.result ?? null,
    ...(job.kind === 'check' && { coverage: coverageNow([last, lastSuccess], now) }),
    hold: await holdStatus(state, name, last),
  };
  return { status, healthy: isJobHealthy(facts), last };
}

/** Counted from when the job's schedule was made; for a job without one, from the estate file's last change. */
async function firstDueAt(
  { estate, file }: LoadedEstate,
  name: string,
  { cron }: Job,
  schedules: JobSchedules | undefined,
): Promise<number | undefined> {
  if (cron === undefined) return undefined;
  const since = (await schedules?.createdAt(name)) ?? (await stat(file)).mtime;
  return nextDue(cron, estate.timezone, since)?.getTime();
}
