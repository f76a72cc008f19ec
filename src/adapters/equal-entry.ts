import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { type Entry, entryPath } from './folder-entry.js';
import type { EntryPlace } from './put-entry.js';
import { isErrno } from './state.js';

/** So much of each of two files is held at a time (bytes). */
const BLOCK = 1024 * 1024;

/** Opens a file, and waits for nobody: not for the other end of a FIFO that took its place. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** File type and permissions: only root gives files away, and keeps the set-id bits of others' files. */
const OF_ANYBODY = 0o170777n;

/** What two entries must have alike before their contents are looked at; extended attributes are not. */
const isAlike = (one: Entry, other: Entry): boolean =>
  (process.getuid?.() === 0
    ? one.mode === other.mode && one.uid === other.uid && one.gid === other.gid
    : (one.mode & OF_ANYBODY) === (other.mode & OF_ANYBODY)) &&
  one.mtimeNs === other.mtimeNs &&
  (!one.isFile() || one.size === other.size);

/** Whether two entries that are no folders have the same kind, mode, owner, time and content, byte by byte. */
export async function isEqual(
  [one, entry]: [EntryPlace, Entry],
  [other, otherEntry]: [EntryPlace, Entry],
  signal: AbortSignal,
): Promise<boolean> {
  if (!isAlike(entry, otherEntry)) return false;
  if (entry.isSymbolicLink()) {
    const [target, otherTarget] = await Promise.all([one, other].map(targetOf));
    return target !== undefined && otherTarget !== undefined && target.equals(otherTarget);
  }
  if (!entry.isFile()) return entry.rdev === otherEntry.rdev;
  try {
    return await haveSameContent(one, other, signal);
  } catch (error) {
    if (isErrno(error, 'EACCES')) return false; // nobody can say that it is equal
    throw error;
  }
}

/** Whether two files have the same content, byte by byte. */
export async function haveSameContent(
  one: EntryPlace,
  other: EntryPlace,
  signal: AbortSignal,
): Promise<boolean> {
  const left = await open(entryPath(one.folder, one.name), FILE);
  try {
    const right = await open(entryPath(other.folder, other.name), FILE);
    try {
      return await haveEqualContent(left, right, signal);
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}

const targetOf = ({ folder, name }: EntryPlace): Promise<Buffer> =>
  readlink(entryPath(folder, name), { encoding: 'buffer' });

async function haveEqualContent(left: FileHandle, right: FileHandle, signal: AbortSignal): Promise<boolean> {
  const blocks = [Buffer.alloc(BLOCK), Buffer.alloc(BLOCK)] as const;
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const [a, b] = await Promise.all([fill(left, blocks[0], position), fill(right, blocks[1], position)]);
    if (!a.equals(b)) return false;
    if (a.length < BLOCK) return true;
    position += a.length;
  }
}

/** As much as there is from that position on, up to a block: read(2) may give less than it was asked for. */
async function fill(file: FileHandle, block: Buffer, position: number): Promise<Buffer> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(block, length, block.length - length, position + length);
    length += bytesRead;
    if (bytesRead === 0 || length === block.length) return block.subarray(0, length);
  }
}
