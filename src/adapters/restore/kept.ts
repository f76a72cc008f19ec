import { chmod, chown, link, mkdir, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { type Entry, entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { type EntryPlace, isSame } from '../put-entry.js';
import { type Attributes, changeAttributes } from './attributes.js';
import { isErrno } from '../state.js';

const DEFAULT_ACL = 'system.posix_acl_default';

/** What a new folder gets from one with a default ACL. */
const INHERITED: Attributes = { [DEFAULT_ACL]: '', 'system.posix_acl_access': '' };

/** So many earlier originals of one name are told apart at most. */
const MOST_OF_A_NAME = 1000;

/** Where originals go: a folder of ours, and in it the folders of the volume on the way to each. */
export interface Kept {
  root: FileHandle;
  /** The live root, whose folders' modes, owners and attributes those in `root` get. */
  live: FileHandle;
  /** Extended attributes of a live folder, by its path from the root. */
  attributesOf: (path: readonly Buffer[]) => Attributes | undefined;
}

/** Works in the folder below `kept` that stands for a live folder; made where it is missing. */
export async function inKept<T>(
  { root, live, attributesOf }: Kept,
  names: readonly Buffer[],
  work: (folder: FileHandle) => Promise<T>,
  above: readonly Buffer[] = [],
): Promise<T> {
  const [name, ...rest] = names;
  if (name === undefined) return work(root);
  const path = [...above, name];
  const model = await lookAt(live, name);
  await makeLike(root, name, model, { own: attributesOf(path), above: attributesOf(above) });
  return within(openEntry(root, name), (folder) =>
    within(openEntry(live, name), (next) =>
      inKept({ root: folder, live: next, attributesOf }, rest, work, path),
    ),
  );
}

async function makeLike(
  folder: FileHandle,
  name: Buffer,
  model: Entry | undefined,
  attributes: { own: Attributes | undefined; above: Attributes | undefined },
): Promise<void> {
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
  const { own, above } = attributes;
  const inherited = above && Object.hasOwn(above, DEFAULT_ACL) ? INHERITED : undefined;
  if (own === undefined && inherited === undefined) return;
  await within(openEntry(folder, name), async (made) => {
    await changeAttributes(made, { staged: own, live: inherited }, 'drop');
    await changeAttributes(made, { staged: own, live: undefined }, 'set');
  });
}

/** To undo a restore, the kept ones are copied over the live: their root must have what the live root has. */
export async function makeRootLike({ root, live, attributesOf }: Kept): Promise<void> {
  const { mode, uid, gid } = await live.stat();
  if (process.getuid?.() === 0) await root.chown(uid, gid);
  await root.chmod(mode & 0o7777);
  const attributes = attributesOf([]);
  if (attributes) await changeAttributes(root, { staged: attributes, live: undefined }, 'set');
}

/**
 * Gives an original a second name among the kept ones, so that its first can go to another file. Safe to repeat. False
 * if it is not to be had: the kernel lets only its owner give a file that others may not write another name, and some
 * filesystems have one name a file.
 */
export async function linkOriginal(from: EntryPlace, kept: FileHandle, entry: Entry): Promise<boolean> {
  try {
    await underFreeName(kept, from.name, entry, (name) =>
      link(entryPath(from.folder, from.name), entryPath(kept, name)),
    );
    return true;
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EMLINK', 'EOPNOTSUPP')) return false;
    throw error;
  }
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
