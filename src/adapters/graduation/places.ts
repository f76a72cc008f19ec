import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import type { Move } from '../../domain/graduation.js';
import { printableName } from '../../domain/names.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import type { LoadedEstate } from '../../estate/load.js';
import { volumeRoot } from '../../estate/lookup.js';
import { splitVolumePath } from '../../estate/paths.js';
import { requireSameMount } from '../project/mounts.js';
import { isTaken, makePrivateFolder, type Place } from '../project/rename.js';
import { safePath } from '../volume/path.js';

/** The four places of a move. Each folder was looked at component by component when it was made out. */
export interface MovePlaces {
  source: Place;
  staging: Place;
  /** Undefined before `publishing`. */
  destination: Place | undefined;
  /** Undefined before `hiding`. */
  hidden: Place | undefined;
}

/** A journal may tell of a volume that the estate no longer declares. */
function rootOf(loaded: LoadedEstate, volume: string): string {
  if (Object.hasOwn(loaded.estate.volumes, volume)) return volumeRoot(loaded, volume);
  throw new FtsError(
    'UnknownVolume',
    `the estate no longer declares volume ${volume}, where a project is on its way`,
  );
}

/** A declared folder that must exist. Fails with `PathMissing` and `PathUnsafe`. */
export async function declaredFolder(loaded: LoadedEstate, volumePath: string): Promise<string> {
  const { volume, path } = splitVolumePath(volumePath);
  const root = rootOf(loaded, volume);
  const folder = await safePath(root, path, { mustExist: true });
  await requireSameMount(root, folder);
  return folder;
}

/** A folder of ours at the root of a volume, made if need be. Fails with `PathUnsafe`. */
async function ownFolder(loaded: LoadedEstate, volumePath: string, ...names: string[]): Promise<string> {
  const root = rootOf(loaded, splitVolumePath(volumePath).volume);
  const relative = join(OWN_FOLDER, ...names);
  const folder = await safePath(root, relative, { mustExist: false });
  await makePrivateFolder(folder);
  await safePath(root, relative, { mustExist: true });
  await requireSameMount(root, folder);
  return folder;
}

/** Fails with `PathMissing` and `PathUnsafe`. */
export async function placesOf(loaded: LoadedEstate, move: Move): Promise<MovePlaces> {
  const { from, to, id, project, destination, day } = move;
  const name = Buffer.from(project, 'hex');
  return {
    source: { parent: await declaredFolder(loaded, from), name },
    staging: { parent: await ownFolder(loaded, to, 'staging'), name: Buffer.from(id) },
    destination:
      destination === undefined
        ? undefined
        : { parent: await declaredFolder(loaded, to), name: Buffer.from(destination, 'hex') },
    hidden: day === undefined ? undefined : { parent: await ownFolder(loaded, from, 'graduated', day), name },
  };
}

/** So many sources of one name are hidden on one day at most. */
const MOST_OF_A_DAY = 99;

/** The folder for a source that is hidden now: the day, with a number behind it if a source of that name is there. */
export async function freeDay(loaded: LoadedEstate, move: Move, now: Date): Promise<string> {
  const today = now.toISOString().slice(0, 10);
  for (let nth = 1; nth <= MOST_OF_A_DAY; nth += 1) {
    const day = nth === 1 ? today : `${today}-${String(nth)}`;
    const { hidden } = await placesOf(loaded, { ...move, day });
    if (hidden && !(await isTaken(hidden))) return day;
  }
  return today;
}

/** Where a hidden source is, for people: `volume/path`. Undefined before `hiding`. */
export const hiddenPath = ({ from, day, project }: Move): string | undefined =>
  day === undefined
    ? undefined
    : `${splitVolumePath(from).volume}/${OWN_FOLDER}/graduated/${day}/${printableName(Buffer.from(project, 'hex')).path}`;
