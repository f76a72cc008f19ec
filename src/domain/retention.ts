import { jobTags } from './snapshot-identity.js';

/** How many snapshots to keep, by period; restic's own words. */
export interface Keep {
  last?: number | undefined;
  hourly?: number | undefined;
  daily?: number | undefined;
  weekly?: number | undefined;
  monthly?: number | undefined;
  yearly?: number | undefined;
}

/** So many newest snapshots survive whatever `keep` says: a typing error must not empty a repository. */
const ALWAYS_KEPT = 3;

/** `restic forget`'s options for a `keep`. */
export function keepOptions(keep: Keep): string[] {
  const counts = { ...keep, last: Math.max(keep.last ?? 0, ALWAYS_KEPT) };
  return Object.entries(counts)
    .filter((entry): entry is [string, number] => entry[1] !== undefined)
    .map(([period, count]) => `--keep-${period}=${String(count)}`);
}

/** What a `keep` is applied to. */
export interface Forgetting {
  host: string;
  job: string;
  keep: Keep;
  /** Only say what would be removed. */
  dryRun: boolean;
}

/** restic's arguments that forget what a `keep` does not cover of one job's own snapshots. */
export function forgetArguments({ host, job, keep, dryRun }: Forgetting): string[] {
  const selection = ['--host', host, '--tag', jobTags(job), '--group-by', 'host,tags'];
  return ['forget', '--json', ...(dryRun ? ['--dry-run'] : []), ...selection, ...keepOptions(keep)];
}

/** A changed `keep` that removes more than the one before it waits so long (milliseconds): a day to take it back. */
const KEEP_CHANGE_WAITS_MS = 24 * 3_600_000;

/** What a host remembers of a job's `keep`. */
export interface KeepRecord {
  /** The one in force. */
  keep: Keep;
  /** A declared one that would remove more; `since` is when it was first seen (RFC 3339 UTC). */
  waiting?: { keep: Keep; since: string } | undefined;
}

/** A declared `keep` that is not in force yet. `from` is RFC 3339 UTC. */
export interface KeepChange {
  /** Snapshots that it would remove and the one in force does not. */
  removes: number;
  from: string;
}

/** Whether two say the same. */
export const sameKeep = (one: Keep, other: Keep): boolean =>
  keepOptions(one).sort().join(' ') === keepOptions(other).sort().join(' ');

/** When a declared one that would remove more is in force (RFC 3339 UTC). */
export const inForceFrom = (since: string): string =>
  new Date(Date.parse(since) + KEEP_CHANGE_WAITS_MS).toISOString();

/**
 * Since when a declared `keep` has been waiting (RFC 3339 UTC): since now, if it was not seen before, or by a clock that
 * was ahead.
 */
export function waitingSince({ waiting }: KeepRecord, declared: Keep, now: Date): string {
  const seen = waiting && sameKeep(waiting.keep, declared) && Date.parse(waiting.since) <= now.getTime();
  return seen ? waiting.since : now.toISOString();
}
