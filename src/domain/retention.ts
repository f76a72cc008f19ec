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
