import { type FileHandle, readdir } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { type Entry, entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { openBelow } from '../folder-below.js';
import { putEntry } from '../put-entry.js';
import { type Place, freePlace, namesOf, shownPlace } from './beside.js';
import { type Ground, stateOfFolder } from './ground.js';
import { PARCELS, packParcels, parcelName } from './parcels.js';
import { type Parcel, type RestoreRecord, readRestore, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import type { State } from '../state.js';

/**
 * Gives what was restored its name, each folder as a whole, and replaces nothing. Answers with where it is, absolute.
 *
 * The process may die on any line. Before a parcel is renamed, the record tells its place; a parcel that is gone from
 * staging is at its place, as nobody else takes one from there.
 */
export async function putParcels(
  setting: RestoreSetting,
  record: RestoreRecord,
  { root, staging }: { root: FileHandle; staging: FileHandle },
): Promise<string[]> {
  const { ground } = record.target;
  const count = await packParcels(root, staging, record);
  await setting.onStep('parcel-made');
  return within(openEntry(staging, PARCELS), async (parcels) => {
    let current = record;
    const shown: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const found = await lookAt(parcels, parcelName(index));
      if (found !== undefined) current = await put(setting, current, { root, parcels, index, found });
      const parcel = current.parcels?.[index];
      if (parcel) shown.push(shownPlace(ground, placeOf(parcel)));
    }
    return shown;
  });
}

interface Putting {
  root: FileHandle;
  parcels: FileHandle;
  index: number;
  /** The parcel. */
  found: Entry;
}

async function put(setting: RestoreSetting, record: RestoreRecord, putting: Putting): Promise<RestoreRecord> {
  const { root, parcels, index, found } = putting;
  const { ground } = record.target;
  let current = record;
  let place = current.parcels?.[index] && placeOf(current.parcels[index]);
  for (;;) {
    if (place === undefined) {
      place = await choosePlace(record, root, index);
      const parcel: Parcel = {
        folder: place.folder.map((name) => name.toString('hex')),
        name: place.name.toString('hex'),
        inode: String(found.ino),
      };
      const known = current.parcels ?? [];
      current = await writeRestore(setting.state, current, { parcels: [...known.slice(0, index), parcel] });
      await setting.onStep('parcels-recorded');
    }
    const { folder, name } = place;
    const from = { folder: parcels, name: parcelName(index) };
    const isDone = await within(openBelow(root, folder, ground.root, { make: true }), async (open) => {
      const filled = current.target.kind === 'folder' && (await fill(open, name, from));
      return filled || putEntry(from, { folder: open, name }, found);
    });
    await setting.onStep('published');
    if (isDone) return current;
    if (current.target.kind === 'folder') throw taken(ground, place);
    place = undefined; // somebody took the name meanwhile
  }
}

/** Puts all that is in a parcel into a folder that is there already; false if it is not there. */
async function fill(
  parent: FileHandle,
  name: Buffer,
  from: { folder: FileHandle; name: Buffer },
): Promise<boolean> {
  const there = name.length === 0 ? true : (await lookAt(parent, name))?.isDirectory();
  if (there !== true) return false;
  const target = name.length === 0 ? Buffer.from('.') : name;
  await within(openEntry(parent, target), (folder) =>
    within(openEntry(from.folder, from.name), async (parcel) => {
      const names = await readdir(entryPath(parcel, Buffer.from('.')), { encoding: 'buffer' });
      for (const entry of names) {
        const found = await lookAt(parcel, entry);
        const isPut =
          found && (await putEntry({ folder: parcel, name: entry }, { folder, name: entry }, found));
        if (isPut !== true)
          throw new FtsError('DestinationExists', `${entry.toString()} exists, and nothing is replaced`);
      }
    }),
  );
  return true;
}

async function choosePlace(record: RestoreRecord, root: FileHandle, index: number): Promise<Place> {
  const { target, items, suffix } = record;
  if (target.kind === 'folder') {
    const folder = target.folder.map((name) => Buffer.from(name));
    await stateOfFolder(root, target.ground, folder);
    return { folder: folder.slice(0, -1), name: folder.at(-1) ?? Buffer.alloc(0) };
  }
  const path = Buffer.from(items[index]?.path ?? '', 'hex');
  return freePlace(root, target.ground, path, suffix, new Set());
}

/** Where a path of the tree was put, below the ground's root, now that all parcels are. */
export async function placesInParcels(
  state: Pick<State, 'read'>,
  { id, items, target }: RestoreRecord,
): Promise<(path: Buffer) => Buffer[] | undefined> {
  const { parcels = [] } = (await readRestore(state, id)) ?? {};
  return (path) => {
    const index = items.findIndex(({ path: hex }) => hex === '' || isIn(path.toString('hex'), hex));
    const item = items[index];
    const parcel = parcels[target.kind === 'folder' ? 0 : index];
    if (item === undefined || parcel === undefined) return undefined;
    const { folder, name } = placeOf(parcel);
    const above = namesOf(Buffer.from(item.path, 'hex'));
    const own = target.kind === 'folder' && (items.length > 1 || item.kind === 'file') ? above.slice(-1) : [];
    return [...folder, ...(name.length > 0 ? [name] : []), ...own, ...namesOf(path).slice(above.length)];
  };
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}2f`);

/** A parcel's place, of the record. */
export const placeOf = ({ folder, name }: Parcel): Place => ({
  folder: folder.map((one) => Buffer.from(one, 'hex')),
  name: Buffer.from(name, 'hex'),
});

const taken = (ground: Ground, place: Place): FtsError =>
  new FtsError('DestinationExists', `${shownPlace(ground, place)} exists, and nothing is replaced`);
