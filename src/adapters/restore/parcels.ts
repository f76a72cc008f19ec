import { type FileHandle, chmod, chown, mkdir, rename } from 'node:fs/promises';
import { entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { openBelow } from '../folder-below.js';
import { namesOf } from './beside.js';
import { TREE } from './fetch.js';
import type { RestoreRecord } from './record.js';
import { isErrno } from '../state.js';

/** Folder in staging with what is renamed to its place as a whole: `0`, `1`, … */
export const PARCELS = Buffer.from('parcels');

export const parcelName = (index: number): Buffer => Buffer.from(String(index));

/** A thing that was asked for, and where it goes in its parcel; undefined if it is the parcel. */
interface Packed {
  parcel: number;
  path: Buffer;
  as: Buffer | undefined;
}

/**
 * Puts together in staging what will be renamed to its place: beside, each folder, or a file in a folder of its own; in a
 * folder that is named, that one folder. Safe to repeat: what is no longer in the tree is in its parcel. How many there are.
 */
export async function packParcels(
  root: FileHandle,
  staging: FileHandle,
  record: RestoreRecord,
): Promise<number> {
  const packed = packing(record);
  await makeFolder(staging, PARCELS, 0o700);
  await within(openEntry(staging, PARCELS), async (parcels) => {
    for (const { parcel, path, as } of packed) {
      const name = parcelName(parcel);
      if (path.length === 0) {
        if ((await lookAt(staging, Buffer.from(TREE))) !== undefined) {
          await makeLike(root, staging);
          await rename(entryPath(staging, Buffer.from(TREE)), entryPath(parcels, name));
        }
        continue;
      }
      if (as !== undefined) await makeFolder(parcels, name, 0o755);
      const names = namesOf(path);
      const last = names.at(-1) ?? path;
      await within(openBelow(staging, [Buffer.from(TREE), ...names.slice(0, -1)], ''), async (folder) => {
        if ((await lookAt(folder, last)) === undefined) return;
        const from = entryPath(folder, last);
        if (as === undefined) return rename(from, entryPath(parcels, name));
        await within(openEntry(parcels, name), (into) => rename(from, entryPath(into, as)));
      });
    }
  });
  return new Set(packed.map(({ parcel }) => parcel)).size;
}

function packing({ items, target }: RestoreRecord): Packed[] {
  return items.map(({ path: hex, kind }, index) => {
    const path = Buffer.from(hex, 'hex');
    const name = namesOf(path).at(-1);
    if (target.kind === 'folder')
      return { parcel: 0, path, as: items.length > 1 || kind === 'file' ? name : undefined };
    return { parcel: index, path, as: kind === 'file' ? name : undefined };
  });
}

/** A volume's root is in no snapshot of it: the restored one gets the mode and owner of the present one. */
async function makeLike(root: FileHandle, staging: FileHandle): Promise<void> {
  const { mode, uid, gid } = await root.stat();
  const tree = entryPath(staging, Buffer.from(TREE));
  if (process.getuid?.() === 0) await chown(tree, uid, gid);
  await chmod(tree, mode & 0o7777);
}

async function makeFolder(folder: FileHandle, name: Buffer, mode: number): Promise<void> {
  try {
    await mkdir(entryPath(folder, name), { mode });
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}
