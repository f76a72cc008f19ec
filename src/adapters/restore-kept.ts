import { chmod, chown, link, mkdir, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { type Entry, entryPath, lookAt, openEntry, within } from './folder-entry.js';
import { type EntryPlace, isSame } from './put-entry.js';
import { isErrno } from './state.js';

/** So many earlier originals of one name are told apart at most. */
const MOST_OF_A_NAME = 1000;

/** Where originals go: a folder of ours, and in it the folders of the volume on the way to each. */
export interface Kept {
  root: FileHandle;
  /** The live root, whose folders' modes and owners those in `root` get. */
  live: FileHandle;
}

/** Works in the folder below `kept` that stands for a live folder; made where it is missing. */
export async function inKept<T>(
  { root, live }: Kept,
  names: readonly Buffer[],
  work: (folder: FileHandle) => Promise<T>,
): Promise<T> {
  const [name, ...rest] = names;
  if (name === undefined) return work(root);
  const model = await lookAt(live, name);
  await makeLike(root, name, model);
  return within(openEntry(root, name), (folder) =>
    within(openEntry(live, name), (next) => inKept({ root: folder, live: next }, rest, work)),
  );
}

async function makeLike(folder: FileHandle, name: Buffer, model: Entry | undefined): Promise<void> {
  const path = entryPath(folder, name);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    return;
  }
  if (model === undefined) return;
  if (process.getuid?.() === 0) await chown(path, Number(model.uid), Number(model.gid));
  await chmod(path, Number(model.mode & 0o7777n));
}

/** To undo a restore, the kept ones are copied over the live: their root must have what the live root has. */
export async function makeRootLike({ root, live }: Kept): Promise<void> {
  const { mode, uid, gid } = await live.stat();
  if (process.getuid?.() === 0) await root.chown(uid, gid);
  await root.chmod(mode & 0o7777);
}

/** Gives an original a second name among the kept ones, so that its first can go to another file. Safe to repeat. */
export async function linkOriginal(from: EntryPlace, kept: FileHandle, entry: Entry): Promise<void> {
  await underFreeName(kept, from.name, entry, (name) =>
    link(entryPath(from.folder, from.name), entryPath(kept, name)),
  );
}

/** Moves an original among the kept ones, with all that is in it. */
export async function moveOriginal(from: EntryPlace, kept: FileHandle, entry: Entry): Promise<void> {
  await underFreeName(kept, from.name, entry, (name) =>
    rename(entryPath(from.folder, from.name), entryPath(kept, name)),
  );
}

/** Nobody but the one restore whose lock this is makes names here, so that one that is free stays so. */
async function underFreeName(
  kept: FileHandle,
  name: Buffer,
  entry: Entry,
  work: (name: Buffer) => Promise<void>,
): Promise<void> {
  for (let nth = 1; nth < MOST_OF_A_NAME; nth += 1) {
    const candidate = nth === 1 ? name : Buffer.concat([name, Buffer.from(`.${String(nth)}`)]);
    const there = await lookAt(kept, candidate);
    if (isSame(there, entry)) return;
    if (there === undefined) return work(candidate);
  }
  throw new Error('too many originals of one name');
}
