import { chmodSync, lchownSync, lstatSync, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type Entry, entryPath } from '../folder-entry.js';
import { secondsOf } from './folder-times.js';
import { handed, withEach } from './metadata-make.js';
import { scanTree } from './scan.js';
import { isErrno } from '../state.js';

const MILLISECOND_NS = 1_000_000n;

/**
 * Gives what came from a mirror without a manifest the mode, owner and time of the live entry of the same kind, size and time, so
 * far as the remote keeps it: what the mirror does not tell is no difference. Safe to repeat. Follows no link in the tree.
 */
export async function adoptLive(tree: FileHandle, live: FileHandle, signal: AbortSignal): Promise<void> {
  const times: Buffer[] = [];
  const asRoot = process.getuid?.() === 0;
  await scanTree(
    tree,
    ({ bytes }) => {
      const path = entryPath(tree, bytes);
      const staged = lstatSync(path, { bigint: true });
      const there = liveEntry(entryPath(live, bytes));
      if (!there || !isLikely(staged, there, [path, entryPath(live, bytes)])) return;
      if (asRoot) lchownSync(path, Number(there.uid), Number(there.gid));
      if (!there.isSymbolicLink()) chmodSync(path, Number(there.mode & 0o7777n));
      if (there.mtimeNs !== staged.mtimeNs) times.push(Buffer.from(secondsOf(there.mtimeNs)), handed(bytes));
    },
    signal,
  );
  await withEach(tree, ['-n', '2', '-P', '4', 'touch', '-h', '-c', '-m', '-d'], times);
}

function liveEntry(path: Buffer): Entry | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function isLikely(staged: Entry, there: Entry, [path, live]: [Buffer, Buffer]): boolean {
  if (staged.isDirectory()) return there.isDirectory();
  if (staged.isSymbolicLink())
    return (
      there.isSymbolicLink() &&
      readlinkSync(path, { encoding: 'buffer' }).equals(readlinkSync(live, { encoding: 'buffer' }))
    );
  return (
    staged.isFile() &&
    there.isFile() &&
    staged.size === there.size &&
    staged.mtimeNs / MILLISECOND_NS === there.mtimeNs / MILLISECOND_NS
  );
}
