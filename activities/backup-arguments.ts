import { parseBandwidth, uploadLimitAt } from '../src/domain/bandwidth.js';
import { excludeOptions } from '../src/domain/restic-excludes.js';
import { jobTags } from '../src/domain/snapshot-identity.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { isBehindRclone, volumeRoot } from '../src/estate/lookup.js';
import type { BackupJob, SnapshotJob } from '../src/estate/schema.js';
import { wallClock } from '../src/estate/zone-clock.js';

/**
 * `restic backup` of a job's volume, by its absolute path. Where restic reaches the repository itself, the upload limit is
 * the one of this moment: it takes one rate for a whole run. rclone follows the timetable by itself.
 */
export function backupArguments(
  loaded: LoadedEstate,
  host: string,
  name: string,
  job: SnapshotJob | BackupJob,
): string[] {
  const root = volumeRoot(loaded, job.volume);
  const timetable = parseBandwidth(job.bandwidth ?? 'off') ?? [];
  const limit = isBehindRclone(loaded.estate, job.repository)
    ? undefined
    : uploadLimitAt(timetable, wallClock(loaded.estate.timezone, Date.now()));
  return [
    'backup',
    '--json',
    '--host',
    host,
    '--tag',
    jobTags(name),
    ...excludeOptions(root, job),
    ...(limit ? [`--limit-upload=${String(Math.max(1, Math.round(limit / 1024)))}`] : []),
    '--',
    root,
  ];
}
