import { longestGapSeconds } from './cron.js';

/** Without an `slo`, a job is overdue when this many of its longest gaps have passed, and never before two hours. */
const GAPS = 1.5;
const LEAST_SECONDS = 2 * 3600;

/** Seconds after which the last success of a job is too old; undefined for a job without cron and slo. */
export function sloSeconds(
  job: { cron?: string | undefined; slo?: number | undefined },
  timezone: string,
): number | undefined {
  if (job.slo !== undefined) return job.slo;
  if (job.cron === undefined) return undefined;
  return Math.max(LEAST_SECONDS, GAPS * longestGapSeconds(job.cron, timezone));
}
