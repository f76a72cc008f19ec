import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import type { Progress } from '../domain/progress.js';
import type { SnapshotSource } from '../domain/restore.js';
import { resticPattern, snapshotFolder } from '../domain/restic-pattern.js';
import { entryPath } from './folder-entry.js';
import { inOwnFolder, onGround, requireGround, requireRoom, stagingPath } from './restore-ground.js';
import { type RestoreRecord, writeRestore } from './restore-record.js';
import type { RestoreSetting } from './restore-setting.js';
import { openGuarded } from './restore-source.js';
import { asReader } from './restic-reader.js';
import { ResticExit } from './restic-failure.js';
import type { ResticRepository } from './restic-repository.js';
import { missing } from './restic-snapshots.js';
import { runRestic } from './restic.js';
import { isErrno } from './state.js';

/** Folder in a restore's staging that has what the volume's root would have. */
export const TREE = 'tree';

/** What this product and the filesystem keep at a volume's root. */
const NEVER_RESTORED = ['--exclude=/.fts*', '--exclude=/lost+found'];

/** A file that restic could not restore. */
const Problem = z.object({ message_type: z.literal('error'), item: z.string() });

/** So many of them are named. */
const NAMED = 5;

/** restic leaves out what is zero. */
const Count = z.number().default(0);
const Status = z.object({
  message_type: z.literal('status'),
  seconds_elapsed: Count,
  total_files: Count,
  files_restored: Count,
  files_skipped: Count,
  total_bytes: Count,
  bytes_restored: Count,
  bytes_skipped: Count,
});

/**
 * Brings what is to be restored into staging, where the volume's root is the folder `tree`. Safe to repeat: restic
 * compares what is there, fetches what differs, and reads all of it again at the end.
 */
export async function fetchRestore(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreRecord> {
  const { ground } = record.target;
  await requireGround(setting, ground);
  const { source } = record;
  if (!('repository' in source)) throw new Error('the restore is of a mirror');
  const repository = await openGuarded(setting, source.repository);
  const isNew = await onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id: record.id }, async (staging) => {
      try {
        await mkdir(entryPath(staging, Buffer.from(TREE)), { mode: 0o700 });
        return true;
      } catch (error) {
        if (isErrno(error, 'EEXIST')) return false;
        throw error;
      }
    }),
  );
  await setting.onStep('staging-made');
  const bytes = record.items.reduce((sum, { expected }) => sum + expected.bytes, 0);
  if (isNew) await requireRoom(setting, ground, bytes);
  const args = restoreArguments(record, source);
  const unlocked = await asReader((options) => run(setting, repository, [...options, ...args]));
  if (ground.volume !== undefined) await setting.requireVolume(ground.volume);
  await setting.onStep('fetched');
  return writeRestore(setting.state, record, { step: 'fetched', ...(unlocked && { unlocked }) });
}

function restoreArguments({ base, items, target, id }: RestoreRecord, source: SnapshotSource): string[] {
  const paths = items.map(({ path }) => Buffer.from(path, 'hex'));
  const isWhole = paths.some((path) => path.length === 0);
  return [
    ...['restore', '--json', '--sparse', '--verify'],
    ...['--target', `${stagingPath(target.ground, id)}/${TREE}`],
    ...(isWhole ? NEVER_RESTORED : paths.map((path) => `--include=/${resticPattern(path)}`)),
    ...['--', snapshotFolder(source.snapshotId, base)],
  ];
}

async function run(
  { signal, tell }: RestoreSetting,
  repository: ResticRepository,
  args: readonly string[],
): Promise<void> {
  let progress: Progress = { phase: 'restore' };
  const unread = new Set<string>();
  const restoring = runRestic(repository, {
    args,
    locked: false,
    signal,
    onMessage: (message) => {
      progress = progressOf(message) ?? progress;
      tell(progress);
    },
    onProblem: (message) => {
      const { item } = Problem.safeParse(message).data ?? {};
      if (item !== undefined && unread.size < NAMED) unread.add(printableName(item).path);
    },
    onWaiting: (waiting) => {
      tell({ ...progress, waiting });
    },
  });
  const exit = await restoring.catch((error: unknown) => {
    if (!(error instanceof FtsError) || error.type !== 'RepositoryDamaged' || unread.size === 0) throw error;
    const named = `${error.message} (in the snapshot: ${[...unread].join(', ')})`;
    throw new FtsError(error.type, named, 'restore what is whole by naming it; then run `restic check`');
  });
  if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
}

function progressOf(message: unknown): Progress | undefined {
  const status = Status.safeParse(message).data;
  if (status === undefined) return undefined;
  const bytes = status.bytes_restored + status.bytes_skipped;
  const bytesPerSecond = status.seconds_elapsed > 0 ? bytes / status.seconds_elapsed : 0;
  return {
    phase: 'restore',
    ...{ bytes, totalBytes: status.total_bytes },
    ...{ files: status.files_restored + status.files_skipped, totalFiles: status.total_files },
    ...(bytesPerSecond > 0 && {
      bytesPerSecond,
      etaSeconds: Math.max(0, status.total_bytes - bytes) / bytesPerSecond,
    }),
  };
}
