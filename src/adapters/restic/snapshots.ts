import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import type { Snapshot } from '../../domain/snapshot.js';
import { utcTime } from '../../domain/utc-time.js';
import { runRestic } from '../restic.js';
import { ResticExit } from './failure.js';
import type { ResticRepository } from './repository.js';

const Count = z.number().exactOptional();

const Summary = z
  .object({
    backup_start: z.string().exactOptional(),
    backup_end: z.string().exactOptional(),
    files_new: Count,
    files_changed: Count,
    files_unmodified: Count,
    dirs_new: Count,
    dirs_changed: Count,
    dirs_unmodified: Count,
    data_blobs: Count,
    tree_blobs: Count,
    data_added: Count,
    data_added_packed: Count,
    total_files_processed: Count,
    total_bytes_processed: Count,
  })
  .transform((summary) => ({
    ...(summary.backup_start !== undefined && { backupStart: utcTime(summary.backup_start) }),
    ...(summary.backup_end !== undefined && { backupEnd: utcTime(summary.backup_end) }),
    filesNew: summary.files_new ?? 0,
    filesChanged: summary.files_changed ?? 0,
    filesUnmodified: summary.files_unmodified ?? 0,
    dirsNew: summary.dirs_new ?? 0,
    dirsChanged: summary.dirs_changed ?? 0,
    dirsUnmodified: summary.dirs_unmodified ?? 0,
    dataBlobs: summary.data_blobs ?? 0,
    treeBlobs: summary.tree_blobs ?? 0,
    dataAdded: summary.data_added ?? 0,
    ...(summary.data_added_packed !== undefined && { dataAddedPacked: summary.data_added_packed }),
    totalFilesProcessed: summary.total_files_processed ?? 0,
    totalBytesProcessed: summary.total_bytes_processed ?? 0,
  }));

/** restic leaves out what is empty. */
const ListedSnapshot = z
  .object({
    id: z.string(),
    short_id: z.string(),
    time: z.string(),
    tree: z.string(),
    paths: z.array(z.string()),
    hostname: z.string().default(''),
    username: z.string().default(''),
    uid: z.number().exactOptional(),
    gid: z.number().exactOptional(),
    parent: z.string().exactOptional(),
    original: z.string().exactOptional(),
    tags: z.array(z.string()).nullish(),
    excludes: z.array(z.string()).nullish(),
    program_version: z.string().exactOptional(),
    summary: Summary.exactOptional(),
  })
  .transform(
    ({ short_id: shortId, program_version: programVersion, time, tags, excludes, ...rest }): Snapshot => ({
      ...rest,
      shortId,
      time: utcTime(time),
      tags: tags ?? [],
      ...(excludes && { excludes }),
      ...(programVersion !== undefined && { programVersion }),
    }),
  );

/**
 * All snapshots of a repository, the oldest first. Takes no lock, neither restic's nor ours: it disturbs nobody and waits
 * for nobody. `onUnreadable` hears the ids of those whose own file is damaged, which restic leaves out. Fails with
 * `RepositoryMissing`, and as `runRestic` does.
 */
export async function listSnapshots(
  repository: ResticRepository,
  signal?: AbortSignal,
  onUnreadable?: (ids: string[]) => void,
): Promise<Snapshot[]> {
  let snapshots: Snapshot[] = [];
  const exit = await runRestic(repository, {
    args: ['snapshots', '--json', '--no-lock'],
    locked: false,
    ...(signal && { signal }),
    onMessage: (message) => {
      if (Array.isArray(message)) snapshots = z.array(ListedSnapshot).parse(message);
    },
  });
  if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
  const unreadable = Array.from(exit.stderr.matchAll(IGNORED), ([, id = '']) => id);
  if (unreadable.length > 0) onUnreadable?.(unreadable);
  return snapshots.sort((one, other) => Date.parse(one.time) - Date.parse(other.time));
}

/** What restic says of a snapshot that it leaves out of its list. */
const IGNORED = /^Ignoring "([0-9a-f]+)"/gm;

/** The failure for a repository that is not where the estate says. */
export const missing = ({ name, folder }: Pick<ResticRepository, 'name' | 'folder'>): FtsError =>
  new FtsError(
    'RepositoryMissing',
    `repository ${name}: there is none${folder === undefined ? '' : ` at ${folder}`}`,
    'the first run of its job makes it; if it was there before, look where it went',
  );
