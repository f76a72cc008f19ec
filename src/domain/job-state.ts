import type { Outcome } from './outcome.js';

/** State of a job, in the order in which the first that applies is shown. */
export type JobState = 'running' | 'held' | 'failing' | 'overdue' | 'paused' | 'never' | 'ok';

/** What is known of a job at one moment. Times in milliseconds since the epoch. */
export interface JobFacts {
  now: number;
  /** The job has a cron. Health is asked of such jobs only. */
  scheduled: boolean;
  running: boolean;
  /** By the estate, or by an operator on the schedule. */
  paused: boolean;
  /** How the last run ended that was not skipped; undefined when there is none. */
  lastOutcome?: Outcome | undefined;
  /** End of the last complete run. */
  lastSuccessAt?: number | undefined;
  sloSeconds?: number | undefined;
  /** First due time since the job's schedule exists. */
  firstDueAt?: number | undefined;
}

/** Seconds since the end of the last complete run; undefined when there is none. */
export function ageSeconds({ now, lastSuccessAt }: JobFacts): number | undefined {
  return lastSuccessAt === undefined ? undefined : Math.max(0, Math.round((now - lastSuccessAt) / 1000));
}

export function jobState(facts: JobFacts): JobState {
  if (facts.running) return 'running';
  if (facts.lastOutcome === 'held') return 'held';
  if (isFailing(facts)) return 'failing';
  if (isOverdue(facts)) return 'overdue';
  if (facts.paused) return 'paused';
  return facts.lastSuccessAt === undefined ? 'never' : 'ok';
}

/**
 * Whether a job leaves the estate healthy. A running or paused job is still judged by its last outcome and its age; a
 * first run that is still going is not.
 */
export function isJobHealthy(facts: JobFacts): boolean {
  if (!facts.scheduled) return true;
  if (facts.lastOutcome === 'held' || isFailing(facts) || isOverdue(facts)) return false;
  return !(jobState(facts) === 'never' && isPastFirstDue(facts));
}

function isFailing({ lastOutcome }: JobFacts): boolean {
  return lastOutcome === 'failed' || lastOutcome === 'partial';
}

function isOverdue(facts: JobFacts): boolean {
  const age = ageSeconds(facts);
  return age !== undefined && facts.sloSeconds !== undefined && (age > facts.sloSeconds || isAhead(facts));
}

/** A success of a time that is yet to come, by more than its SLO, says nothing of today: a clock was ahead. */
function isAhead({ now, lastSuccessAt = now, sloSeconds = 0 }: JobFacts): boolean {
  return lastSuccessAt - now > sloSeconds * 1000;
}

function isPastFirstDue({ now, firstDueAt, sloSeconds }: JobFacts): boolean {
  return firstDueAt !== undefined && now > firstDueAt + (sloSeconds ?? 0) * 1000;
}
