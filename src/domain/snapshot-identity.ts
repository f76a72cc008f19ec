/** Tag on a snapshot that misses files which could not be read. Tags are part of restic's grouping, so it never counts in `keep`. */
export const PARTIAL_TAG = 'partial';

/**
 * The tags of a job's snapshots, as one comma-joined value: restic takes repeated `--tag` options as alternatives,
 * and one job's `keep` would remove another's snapshots.
 */
export const jobTags = (job: string): string => `fts,job=${job}`;
