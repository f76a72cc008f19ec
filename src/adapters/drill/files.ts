import { z } from 'zod';
import { missing } from '../restic/snapshots.js';
import { ResticExit } from '../restic/failure.js';
import type { ResticRepository } from '../restic/repository.js';
import { runRestic } from '../restic.js';

/** A file with content, as a snapshot lists it. */
export interface SnapshotFile {
  /** Absolute, in the snapshot's tree. */
  path: string;
  size: number;
  /** RFC 3339 with nanoseconds. */
  mtime: string;
  ctime: string;
}

/** restic leaves out what is zero: an empty file has no size. */
const FileNode = z.object({
  message_type: z.literal('node'),
  type: z.literal('file'),
  path: z.string(),
  size: z.number().positive(),
  mtime: z.string(),
  ctime: z.string().default(''),
});

const RootNode = z.object({ message_type: z.literal('node'), name: z.string() });

/** A snapshot of a repository, without locks: for looks that disturb nobody. */
export interface SnapshotPlace {
  repository: ResticRepository;
  snapshotId: string;
  signal: AbortSignal;
}

/** Tells every file with content below a folder of the snapshot's tree, in the order of the tree; keeps none of them. */
export async function eachFile(
  place: SnapshotPlace,
  folder: string,
  onFile: (file: SnapshotFile) => void,
): Promise<void> {
  await list(place, ['--recursive', place.snapshotId, folder], (message) => {
    const file = FileNode.safeParse(message).data;
    if (file) onFile(file);
  });
}

/** The names at the root of the snapshot's tree. */
export async function rootNames(place: SnapshotPlace): Promise<string[]> {
  const names: string[] = [];
  await list(place, [place.snapshotId, '/'], (message) => {
    const node = RootNode.safeParse(message).data;
    if (node) names.push(node.name);
  });
  return names;
}

async function list(
  { repository, signal }: SnapshotPlace,
  args: readonly string[],
  onMessage: (message: unknown) => void,
): Promise<void> {
  const exit = await runRestic(repository, {
    args: ['ls', '--json', '--no-lock', ...args],
    locked: false,
    ...{ signal, onMessage },
  });
  if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
}

/** Whether restic's lists carry the name: what is not UTF-8 is replaced in them, and cannot be asked for. */
export const isCarried = ({ path }: Pick<SnapshotFile, 'path'>): boolean => !path.includes('\ufffd');
