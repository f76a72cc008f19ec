import { z } from 'zod';
import { type FailureType, FtsError } from '../../domain/failures.js';
import { resticPattern } from '../../domain/restic-pattern.js';
import type { Chosen } from './selection.js';
import type { DrillSetting } from './setting.js';
import { ResticExit } from '../restic/failure.js';
import { asReader } from '../restic/reader.js';
import type { ResticRepository } from '../restic/repository.js';
import { missing } from '../restic/snapshots.js';
import { runRestic } from '../restic.js';

/** How a restore went. */
export interface Restored {
  seconds: number;
  /** What restic said of single entries, by their paths in the snapshot. */
  problems: ReadonlyMap<string, string>;
  /** Nothing can be written where the repository is, and it was read without a lock. */
  unlocked: boolean;
}

/** So much of a command line is used for the names of files (characters). */
const ARGUMENTS = 256 * 1024;

const Problem = z.object({
  message_type: z.literal('error'),
  item: z.string(),
  error: z.object({ message: z.string() }),
});

const Status = z.object({
  message_type: z.literal('status'),
  bytes_restored: z.number().default(0),
  files_restored: z.number().default(0),
});

/** What says nothing about the snapshot: such a restore is no drill. */
const OF_NO_ENTRY: readonly FailureType[] = [
  'RepositoryLocked',
  'RemoteDenied',
  'DestinationFull',
  'VolumeUnavailable',
  'WrongPassword',
];

/**
 * Restores files of a snapshot into a folder, with restic's own lock, so that nobody prunes meanwhile and all others may
 * write; without one where it cannot be had. Entries that restic cannot restore are told, and are no failure.
 */
export async function restoreFiles(
  { repository, signal, tell }: DrillSetting,
  { snapshotId, target, files }: { snapshotId: string; target: string; files: readonly Chosen[] },
): Promise<Restored> {
  const problems = new Map<string, string>();
  const totals = { totalFiles: files.length, totalBytes: files.reduce((sum, { size }) => sum + size, 0) };
  let seconds = 0;
  let unlocked = false;
  for (const batch of batches(files)) {
    let began = performance.now();
    const restore = async (options: readonly string[]): Promise<void> => {
      began = performance.now();
      const exit = await runRestic(repository, {
        args: [
          ...['restore', '--json', ...options, '--target', target],
          ...batch.map(({ path }) => `--include=${resticPattern(Buffer.from(path))}`),
          ...['--', snapshotId],
        ],
        ...{ locked: false, signal },
        onMessage: (message) => {
          const status = Status.safeParse(message).data;
          if (status) tell({ phase: 'restore', bytes: status.bytes_restored, ...totals });
        },
        onProblem: (message) => {
          const { item, error } = Problem.safeParse(message).data ?? {};
          if (item !== undefined && error) problems.set(item, error.message);
        },
        onWaiting: (waiting) => {
          tell({ phase: 'restore', waiting });
        },
      });
      if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
    };
    try {
      if (await asReader(restore)) unlocked = true;
    } catch (error) {
      if (problems.size === 0 || isOfNoEntry(error, repository)) throw error;
    }
    seconds += (performance.now() - began) / 1000;
  }
  return { seconds, problems, unlocked };
}

/** What restic says of a pack on a disk that was cut short sounds like a connection that broke. */
function isOfNoEntry(error: unknown, { folder }: ResticRepository): boolean {
  if (!(error instanceof FtsError)) return true;
  if (error.type === 'RepositoryUnreachable') return folder === undefined;
  return OF_NO_ENTRY.includes(error.type);
}

function* batches(files: readonly Chosen[]): Generator<Chosen[]> {
  let batch: Chosen[] = [];
  let length = 0;
  for (const file of files) {
    if (length > ARGUMENTS) {
      yield batch;
      [batch, length] = [[], 0];
    }
    batch.push(file);
    length += 2 * file.path.length;
  }
  if (batch.length > 0) yield batch;
}
