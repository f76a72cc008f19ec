import { type FileHandle, chmod, lchown } from 'node:fs/promises';
import { type Entry, entryPath, lookAt } from '../folder-entry.js';
import { secondsOf } from './folder-times.js';
import type { Metadata } from './metadata.js';
import { handed, withEach } from './metadata-make.js';
import { Parents } from './metadata-parents.js';
import { type Attributed, setAttributes } from './metadata-xattrs.js';
import { sortLines } from '../sorted-lines.js';

/** Entries that did not get all that the manifest tells of them. */
export interface Lacking {
  owners: number;
  /** Set-id bits, which only root gives to files of others. */
  modes: number;
  xattrs: number;
}

/** A remote keeps times to two seconds at the worst: a file whose time is another was changed after the manifest was made. */
const PRECISION_NS = 2_000_000_000n;

const PERMISSIONS = 0o777;
const OWN_FOLDER_MODE = 0o700;

/** touch(1) sets one time a process: so many run at once. */
const TOUCHES = '4';

/**
 * Gives entries of a tree the owners, modes, attributes and times that the manifest tells, folders after what is in them. Never
 * follows a link. Of a file that was changed after the manifest was made the time stays. Safe to repeat.
 */
export async function applyAttributes(
  tree: FileHandle,
  blocks: AsyncIterable<readonly Metadata[]>,
  { signal, temporary }: { signal: AbortSignal; temporary: string },
): Promise<Lacking> {
  const lacking: Lacking = { owners: 0, modes: 0, xattrs: 0 };
  const parents = new Parents(tree);
  const folders = await sortLines(temporary);
  try {
    for await (const entries of blocks) {
      signal.throwIfAborted();
      await applyBlock(tree, parents, entries.filter(isNoFolder), lacking);
      for (const entry of entries) if (entry.type === 'folder') folders.add(folderLine(entry));
      await folders.flush();
    }
    for await (const lines of folders.blocks()) {
      signal.throwIfAborted();
      await applyBlock(tree, parents, lines.map(folderOf), lacking);
    }
  } finally {
    await folders.kill();
    await parents.close();
  }
  return lacking;
}

const isNoFolder = ({ type }: Metadata): boolean => type !== 'folder';

/** The deepest folders sort first. */
function folderLine({ path, modifiedNs, ...told }: Metadata): string {
  const depth = path.length === 0 ? 0 : 1 + path.filter((byte) => byte === SLASH).length;
  const key = String(DEEPEST - depth).padStart(5, '0');
  return `${key}\t${JSON.stringify({ ...told, hardLink: undefined, path: path.toString('hex'), modifiedNs: String(modifiedNs) })}`;
}

function folderOf(line: string): Metadata {
  type Written = Omit<Metadata, 'path' | 'modifiedNs' | 'hardLink'> & { path: string; modifiedNs: string };
  const told = JSON.parse(line.slice(line.indexOf('\t') + 1)) as Written;
  return {
    ...told,
    path: Buffer.from(told.path, 'hex'),
    modifiedNs: BigInt(told.modifiedNs),
    hardLink: undefined,
  };
}

const SLASH = 0x2f;
const DEEPEST = 99_999;

async function applyBlock(
  tree: FileHandle,
  parents: Parents,
  entries: readonly Metadata[],
  lacking: Lacking,
): Promise<void> {
  const attributed: Attributed[] = [];
  const times: Buffer[] = [];
  for (const entry of entries) {
    const place = await parents.of(entry.path);
    const there = place && (await lookAt(place.folder, place.name));
    if (!place || !there || !isOf(entry.type, there)) continue;
    await own(entryPath(place.folder, place.name), entry, there, lacking);
    if (entry.xattrs) attributed.push({ path: entry.path, xattrs: entry.xattrs });
    if (there.mtimeNs !== entry.modifiedNs && isUnchanged(entry, there))
      times.push(Buffer.from(secondsOf(entry.modifiedNs)), handed(entry.path));
  }
  lacking.xattrs += await setAttributes(tree, attributed);
  await withEach(tree, ['-n', '2', '-P', TOUCHES, 'touch', '-h', '-c', '-m', '-d'], times);
}

const isOf = (type: Metadata['type'], there: Entry): boolean =>
  (type === 'file' && there.isFile()) ||
  (type === 'folder' && there.isDirectory()) ||
  (type === 'link' && there.isSymbolicLink()) ||
  (type === 'fifo' && there.isFIFO()) ||
  (type === 'device' && (there.isBlockDevice() || there.isCharacterDevice()));

/** Whether a file is still the one that the manifest tells of. */
function isUnchanged({ type, size, modifiedNs }: Metadata, there: Entry): boolean {
  if (type !== 'file') return true;
  const apart = modifiedNs - there.mtimeNs;
  return size === Number(there.size) && (apart < 0n ? -apart : apart) < PRECISION_NS;
}

/** Owner and mode, as far as this user may. chown(2) takes set-id bits away, so that the mode comes second. */
async function own(path: Buffer, entry: Metadata, there: Entry, lacking: Lacking): Promise<void> {
  const { uid = Number(there.uid), gid = Number(there.gid), mode, type } = entry;
  const asRoot = process.getuid?.() === 0;
  const isOthers = uid !== Number(there.uid) || gid !== Number(there.gid);
  if (isOthers && asRoot) await lchown(path, uid, gid);
  else if (isOthers) lacking.owners += 1;
  if (type === 'link') return;
  const given = asRoot ? mode : (mode & PERMISSIONS) | (type === 'folder' ? OWN_FOLDER_MODE : 0);
  if (given !== mode) lacking.modes += 1;
  await chmod(path, given);
}
