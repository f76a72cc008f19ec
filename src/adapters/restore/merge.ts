import { type FileHandle, readdir, rename } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import type { Amount, Conflict, ConflictPolicy } from '../../domain/restore.js';
import { isEqual } from '../equal-entry.js';
import { type Entry, entryPath, lookAt, mountIdOf, openEntry, within } from '../folder-entry.js';
import { dropEntry } from '../drop-entry.js';
import { type EntryPlace, isSame, putEntry, statOf } from '../put-entry.js';
import type { RestoreContext } from './context.js';
import { settleFolder } from './folder-times.js';
import { type TreeAttributes, haveSameAttributes } from './attributes.js';
import { amountIn } from './scan.js';
import { type Kept, inKept, linkOriginal, moveOriginal } from './kept.js';
import { isErrno } from '../state.js';

export interface MergeSetting extends RestoreContext {
  policy: ConflictPolicy;
  /** What a restored file that stands beside its original has behind its name: `.restored-…`. */
  suffix: string;
  kept: Kept;
  /** Durable before anything is done about the conflict. `lost` is what of the restored is given up for it. */
  onConflict: (conflict: Conflict, lost: Amount) => Promise<void>;
  /** When each restored folder was changed last, as it was before files left it: nanoseconds, by path. */
  folderTimes: ReadonlyMap<string, bigint>;
  /** The mode of restored folders that have another one for as long as they are in staging, by path. */
  folderModes: ReadonlyMap<string, number>;
  /** Extended attributes of what is restored, and of what is there. */
  attributes: Pick<TreeAttributes, 'staged' | 'live'>;
  /** Which entries are asked for; folders above them are only passed through. */
  isWanted: (path: readonly Buffer[]) => 'wanted' | 'above' | 'no';
  /** Mount of the live root. */
  mount: string;
}

const NOTHING: Amount = { files: 0, bytes: 0 };

/** A folder of the restored tree and the one that it belongs into. */
interface Pair {
  staged: FileHandle;
  live: FileHandle;
  /** From the root of both. */
  path: readonly Buffer[];
}

/**
 * Puts a restored tree into a live one, entry by entry. What is missing comes by a name that replaces nothing; what is
 * there and equal stays, and stays in staging too; anything else is a conflict, and goes by the policy. Files that are
 * only in the live tree are never touched, and no link is followed.
 *
 * The process may die on any line. Each restored entry is in staging or at its place, or at both by one inode; each
 * original is at its place or among the kept ones, or at both. To begin anew goes on with what is left in staging.
 */
export async function mergeFolder(setting: MergeSetting, pair: Pair): Promise<Amount> {
  const unchanged: Amount = { files: 0, bytes: 0 };
  const names = await readdir(entryPath(pair.staged, Buffer.from('.')), { encoding: 'buffer' });
  for (const name of names.sort((one, other) => one.compare(other))) {
    setting.signal.throwIfAborted();
    const path = [...pair.path, name];
    const wanted = setting.isWanted(path);
    if (wanted === 'no') continue;
    const same = await mergeEntry(setting, pair, name, path, wanted === 'above').catch((error: unknown) => {
      throw isErrno(error, 'EPERM', 'EACCES') ? denied(path, error) : error;
    });
    unchanged.files += same.files;
    unchanged.bytes += same.bytes;
  }
  return unchanged;
}

async function mergeEntry(
  setting: MergeSetting,
  pair: Pair,
  name: Buffer,
  path: readonly Buffer[],
  isAbove: boolean,
): Promise<Amount> {
  const from = { folder: pair.staged, name };
  const to = { folder: pair.live, name };
  for (;;) {
    const entry = await statOf(from);
    const there = await lookAt(pair.live, name);
    if (there === undefined || isSame(there, entry)) {
      if (await putEntry(from, to, entry, setting.onStep)) return NOTHING;
      continue; // somebody took the name meanwhile
    }
    if (entry.isDirectory() && there.isDirectory()) {
      const unchanged = await within(openEntry(pair.staged, name), (staged) =>
        within(openEntry(pair.live, name), async (live) => {
          if ((await mountIdOf(live)) !== setting.mount) throw unsafe(path, 'something is mounted there');
          const same = await mergeFolder(setting, { staged, live, path });
          if (!isAbove && setting.policy === 'replace') await settle(setting, live, path, entry);
          return same;
        }),
      );
      return unchanged;
    }
    if (isAbove) throw unsafe(path, there.isSymbolicLink() ? 'it is a symbolic link' : 'it is no folder');
    const bothFiles = !entry.isDirectory() && !there.isDirectory();
    const { staged, live } = attributesOf(setting, path);
    const isLike = bothFiles && haveSameAttributes(staged, live);
    if (isLike && (await isEqual([from, entry], [to, there], setting.signal))) {
      return amountOf(from, entry, setting.signal);
    }
    if (await resolve(setting, path, { from, to, entry, there })) return NOTHING;
  }
}

const attributesOf = ({ attributes: { staged, live } }: MergeSetting, path: readonly Buffer[]) => ({
  staged: staged.get(keyOf(path)),
  live: live.get(keyOf(path)),
});

/** Gives a live folder what the restored one has; what had other permissions is among the kept ones with its own. */
async function settle(
  setting: MergeSetting,
  live: FileHandle,
  path: readonly Buffer[],
  { uid, gid, ...entry }: Entry,
): Promise<void> {
  const { kept, folderTimes, folderModes, onStep } = setting;
  const own = folderModes.get(keyOf(path));
  const mode = own === undefined ? entry.mode & PERMISSIONS : BigInt(own);
  const now = await live.stat({ bigint: true });
  const attributes = attributesOf(setting, path);
  const isLike = haveSameAttributes(attributes.staged, attributes.live);
  if ((now.mode & PERMISSIONS) !== mode || now.uid !== uid || now.gid !== gid || !isLike)
    await inKept(kept, path, () => Promise.resolve());
  const isOurs = await settleFolder(
    live,
    { mode, uid, gid },
    folderTimes.get(keyOf(path)),
    isLike ? undefined : attributes,
  );
  if (isOurs) await onStep('folder-settled');
}

const PERMISSIONS = 0o7777n;

interface Clash {
  from: EntryPlace;
  to: EntryPlace;
  entry: Entry;
  /** What has the name now. */
  there: Entry;
}

/** Does with a conflict as the policy says; false if the live entry changed meanwhile and has to be looked at again. */
async function resolve(
  setting: MergeSetting,
  path: readonly Buffer[],
  { from, to, entry, there }: Clash,
): Promise<boolean> {
  const { policy, onConflict, onStep } = setting;
  const told = { keep: 'kept', replace: 'replaced', rename: 'renamed' } as const;
  const lost = policy === 'keep' ? await amountOf(from, entry, setting.signal) : NOTHING;
  const kindDiffers = entry.isDirectory() !== there.isDirectory();
  const conflict = { ...printableName(joined(path)), action: told[policy] };
  await onConflict({ ...conflict, ...(kindDiffers && { kindDiffers }) }, lost);
  await onStep('reported');
  if (policy === 'keep') {
    await dropEntry(from, entry);
    await onStep('dropped');
    return true;
  }
  if (policy === 'rename') {
    await putBeside(setting, { from, to, entry });
    return true;
  }
  const isFolder = kindDiffers;
  const isMoved = await inKept(setting.kept, path.slice(0, -1), async (kept) => {
    if (!isFolder && (await linkOriginal(to, kept, there))) return false;
    await moveOriginal(to, kept, there);
    return true;
  });
  await onStep(isMoved ? 'moved-aside' : 'original-linked');
  if (isMoved) return false; // the name is free now
  if (!isSame(await lookAt(to.folder, to.name), there)) return false;
  await rename(entryPath(from.folder, from.name), entryPath(to.folder, to.name));
  await onStep('replaced');
  return true;
}

/** What a restored entry is, with all that is in it. */
async function amountOf({ folder, name }: EntryPlace, entry: Entry, signal: AbortSignal): Promise<Amount> {
  if (entry.isDirectory()) return within(openEntry(folder, name), (open) => amountIn(open, signal));
  return { files: 1, bytes: entry.isFile() ? Number(entry.size) : 0 };
}

/** Room for the number behind a suffix, in a name of at most 255 bytes. */
const LONGEST_NAME = 250;

async function putBeside(
  { suffix, onStep }: MergeSetting,
  { from, to, entry }: Omit<Clash, 'there'>,
): Promise<void> {
  const stem = to.name.subarray(0, LONGEST_NAME - suffix.length);
  for (let nth = 1; ; nth += 1) {
    const number = nth === 1 ? '' : `-${String(nth)}`;
    const name = Buffer.concat([stem, Buffer.from(`${suffix}${number}`)]);
    if (await putEntry(from, { folder: to.folder, name }, entry, onStep)) return;
  }
}

/** A path as a key: names need not be UTF-8. */
export const keyOf = (path: readonly Buffer[]): string => joined(path).toString('latin1');

const joined = (path: readonly Buffer[]): Buffer =>
  Buffer.concat(path.flatMap((name, index) => (index === 0 ? [name] : [Buffer.from('/'), name])));

const shown = (path: readonly Buffer[]): string => printableName(joined(path)).path;

const denied = (path: readonly Buffer[], { code = '' }: NodeJS.ErrnoException): FtsError =>
  new FtsError(
    'PermissionDenied',
    `${shown(path)} cannot be restored in place: the system does not allow it (${code})`,
    'look at the owner and mode of what is there, and whether it is immutable (`lsattr`, `chattr -i`); the same restore, started again, does what is left',
  );

const unsafe = (path: readonly Buffer[], why: string): FtsError =>
  new FtsError(
    'PathUnsafe',
    `${shown(path)} cannot be restored in place: ${why}`,
    'restore it elsewhere: --target',
  );
