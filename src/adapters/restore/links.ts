import { type FileHandle, link, lstat, rename, rm } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { isEqual } from '../equal-entry.js';
import { openBelow } from '../folder-below.js';
import { type Entry, entryPath, lookAt, within } from '../folder-entry.js';
import { type EntryPlace, isSame } from '../put-entry.js';
import { type TreeAttributes, haveSameAttributes } from './attributes.js';
import { namesOf } from './beside.js';
import type { RestoreContext } from './context.js';
import { secondsOf } from './folder-times.js';
import { handed, withEach } from './metadata-make.js';
import { scanTree } from './scan.js';
import { isErrno } from '../state.js';

/** Name beside the restored tree under which a link is made before it takes its place. */
const LINKING = Buffer.from('linking');

export interface Relinking {
  staging: FileHandle;
  tree: FileHandle;
  live: FileHandle;
  attributes: Pick<TreeAttributes, 'staged' | 'live'>;
  /** When each restored folder was changed last: nanoseconds, by path as latin1. */
  folderTimes: ReadonlyMap<string, bigint>;
  signal: AbortSignal;
  onStep: RestoreContext['onStep'];
}

/**
 * Of a restored file with several names of which one is live and equal, and stays, the names that are missing become
 * names of the live file: they are one file again, as they were. Safe to repeat: what is in staging has the same content
 * all the while.
 */
export async function relinkStaged(relinking: Relinking): Promise<void> {
  const { tree, signal } = relinking;
  const groups = new Map<string, Buffer[]>();
  const parents = new Set<string>();
  await scanTree(
    tree,
    ({ kind, inode, bytes, isLinked }) => {
      if (kind !== 'file' || !isLinked || inode === undefined) return;
      groups.set(inode, [...(groups.get(inode) ?? []), bytes]);
      const path = bytes.toString('latin1');
      parents.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    },
    signal,
  );
  for (const names of groups.values()) if (names.length > 1) await relinkGroup(relinking, names);
  await resetTimes(relinking, parents);
}

/** A folder in which a name was made anew has another time, also after an attempt that broke off. */
async function resetTimes({ tree, folderTimes }: Relinking, folders: ReadonlySet<string>): Promise<void> {
  const times: Buffer[] = [];
  for (const folder of folders) {
    const meant = folderTimes.get(folder);
    const path = Buffer.from(folder, 'latin1');
    const there = await lstat(entryPath(tree, path), { bigint: true });
    if (meant !== undefined && there.mtimeNs !== meant)
      times.push(Buffer.from(secondsOf(meant)), handed(path));
  }
  await withEach(tree, ['-n', '2', 'touch', '-c', '-m', '-d'], times);
}

async function relinkGroup(relinking: Relinking, paths: readonly Buffer[]): Promise<void> {
  const { tree, live } = relinking;
  const missing: Buffer[] = [];
  let original: { path: Buffer; entry: Entry } | undefined;
  for (const path of paths) {
    const there = await at(live, path, ({ folder, name }) => lookAt(folder, name));
    if (there === undefined) missing.push(path);
    else if (original === undefined && (await isUnchanged(relinking, path, there)))
      original = { path, entry: there };
  }
  if (original === undefined) return;
  const { path: first, entry } = original;
  for (const path of missing)
    await at(live, first, (from) => at(tree, path, (to) => replace(relinking, { ...from, entry }, to)));
}

async function isUnchanged(
  { tree, live, attributes, signal }: Relinking,
  path: Buffer,
  there: Entry,
): Promise<boolean> {
  const key = path.toString('latin1');
  if (!haveSameAttributes(attributes.staged.get(key), attributes.live.get(key))) return false;
  const found = await at(tree, path, async (from) => {
    const entry = await lookAt(from.folder, from.name);
    return entry && (await at(live, path, (to) => isEqual([from, entry], [to, there], signal)));
  });
  return found === true;
}

/** Makes a staged name one of the live file that was compared, if it is still that one. */
async function replace(
  { staging, onStep }: Relinking,
  from: EntryPlace & { entry: Entry },
  to: EntryPlace,
): Promise<void> {
  const linking = entryPath(staging, LINKING);
  await rm(linking, { force: true });
  try {
    await link(entryPath(from.folder, from.name), linking);
  } catch (error) {
    if (isErrno(error, 'EPERM', 'EMLINK', 'ENOENT')) return; // then it is a file of its own
    throw error;
  }
  const made = await lookAt(staging, LINKING);
  const present = await lookAt(to.folder, to.name);
  if (made && present && isSame(made, from.entry) && !isSame(made, present))
    await rename(linking, entryPath(to.folder, to.name));
  await rm(linking, { force: true });
  await onStep('relinked');
}

/** Works at a path below a folder; undefined where its folder is not there, or no folder. */
async function at<T>(
  root: FileHandle,
  path: Buffer,
  work: (place: EntryPlace) => Promise<T>,
): Promise<T | undefined> {
  const names = namesOf(path);
  const name = names.at(-1) ?? path;
  try {
    return await within(openBelow(root, names.slice(0, -1), ''), (folder) => work({ folder, name }));
  } catch (error) {
    if (error instanceof FtsError && ['PathMissing', 'PathUnsafe'].includes(error.type)) return undefined;
    throw error;
  }
}
