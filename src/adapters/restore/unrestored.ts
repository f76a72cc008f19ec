import { lstat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { NamedProblem } from '../../domain/job.js';
import { lossyName, printableName } from '../../domain/names.js';
import type { Unrestored } from '../../domain/restore.js';
import { dropEntry } from '../drop-entry.js';
import { entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { openReport } from '../report.js';
import { namesOf } from './beside.js';
import { secondsOf } from './folder-times.js';
import { handed, withEach } from './metadata-make.js';
import type { ResticProblem } from './restic.js';
import { scanTree } from './scan.js';

/** So many are in a result, and no more bytes of JSON than leave it below 12 KiB beside the conflicts. */
const LISTED = 50;
const LISTED_BYTES = 2048;

export interface Dropped {
  unrestored: Unrestored;
  /** Whether an entry, by its path as restic tells it, is among what was not restored. */
  isLost: (path: string) => boolean;
}

/**
 * Removes from a staged tree what restic could not restore, in part or at all, with every other name of the same file, and
 * what restic tells by the same name. The folders around keep their times. All of it is told in a report.
 */
export async function dropUnrestored(
  tree: FileHandle,
  problems: readonly ResticProblem[],
  { report: path, signal }: { report: string; signal: AbortSignal },
): Promise<Dropped> {
  const reasons = new Map<string, string>();
  for (const problem of problems) if (!reasons.has(problem.path)) reasons.set(problem.path, problem.message);
  const inodes = new Map<string, string>();
  await scanTree(
    tree,
    ({ path: name, kind, inode }) => {
      const reason = reasons.get(name);
      if (reason !== undefined && kind === 'file' && inode !== undefined) inodes.set(inode, reason);
    },
    signal,
  );
  const found: { bytes: Buffer; reason: string }[] = [];
  await scanTree(
    tree,
    ({ path: name, bytes, kind, inode = '' }) => {
      const reason = reasons.get(name) ?? (kind === 'file' ? inodes.get(inode) : undefined);
      if (reason !== undefined) found.push({ bytes, reason });
    },
    signal,
  );
  const report = await openReport(path);
  const first: NamedProblem[] = [];
  let count = 0;
  let room = LISTED_BYTES;
  const tell = (problem: NamedProblem): void => {
    count += 1;
    report.append(problem);
    room -= Buffer.byteLength(JSON.stringify(problem));
    if (first.length < LISTED && room >= 0) first.push(problem);
  };
  const onDisk = new Set<string>();
  for (const { bytes, reason } of found) {
    const name = lossyName(bytes);
    onDisk.add(name);
    reasons.set(name, reason);
    tell({ ...printableName(bytes), message: reason });
  }
  for (const [name, reason] of reasons)
    if (!onDisk.has(name)) tell({ ...printableName(name), message: reason });
  await report.close();
  await drop(
    tree,
    found.map(({ bytes }) => bytes),
  );
  return {
    unrestored: { count, first, report: path },
    isLost: (name) => isBelowAny(name, reasons),
  };
}

function isBelowAny(name: string, lost: ReadonlyMap<string, string>): boolean {
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1))
    if (lost.has(name.slice(0, end))) return true;
  return false;
}

/** The deepest go first: what lies in a folder that goes too is gone with it in any order. */
async function drop(tree: FileHandle, paths: readonly Buffer[]): Promise<void> {
  const times: Buffer[] = [];
  for (const path of paths) {
    const parent = path.subarray(0, Math.max(0, path.lastIndexOf(0x2f)));
    if (parent.length > 0) {
      const there = await lstat(entryPath(tree, parent), { bigint: true }).catch(() => undefined);
      if (there) times.push(Buffer.from(secondsOf(there.mtimeNs)), handed(parent));
    }
  }
  for (const path of paths) await dropBelow(tree, namesOf(path));
  await withEach(tree, ['-n', '2', 'touch', '-c', '-m', '-d'], times);
}

async function dropBelow(folder: FileHandle, [name, ...rest]: readonly Buffer[]): Promise<void> {
  const entry = name && (await lookAt(folder, name));
  if (!name || !entry) return;
  if (rest.length === 0) return dropEntry({ folder, name }, entry);
  await within(openEntry(folder, name), (next) => dropBelow(next, rest));
}
