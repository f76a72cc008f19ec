import type { FailureType } from './failures.js';

/** What may heal is retried this long at least (milliseconds). */
const MINIMUM_PATIENCE_MS = 3_600_000;

/** A tool that fails this often in a row for a reason nobody knows will not be cured by waiting. */
const UNKNOWN_FAILURES = 5;

/** restic and rclone may need this long to clean up after SIGINT before they get SIGKILL (milliseconds); execa's own default is 5 s. */
export const TOOL_CLEAN_UP_MS = 120_000;

/** A streak of failures of one step. Times in milliseconds since the epoch. */
export interface Trouble {
  since: number;
  latest: number;
  failures: number;
}

/** The streak with one more failure. One that comes an hour after the one before begins a new streak: it got on meanwhile. */
export function withFailure(trouble: Trouble | undefined, now: number): Trouble {
  if (!trouble || now - trouble.latest > MINIMUM_PATIENCE_MS) return { since: now, latest: now, failures: 1 };
  return { since: trouble.since, latest: now, failures: trouble.failures + 1 };
}

/**
 * Whether a job gives up after the latest failure of a streak. What may heal is retried until the job's next due
 * time after the trouble began or for an hour, whichever is later; an unknown failure of a tool five times.
 */
export function givesUp(type: FailureType, trouble: Trouble, nextDue: number | undefined): boolean {
  if (type === 'ToolFailed' && trouble.failures >= UNKNOWN_FAILURES) return true;
  return trouble.latest >= Math.max(trouble.since + MINIMUM_PATIENCE_MS, nextDue ?? 0);
}
