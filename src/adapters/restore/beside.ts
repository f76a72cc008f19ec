import type { FileHandle } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { lookAt, within } from '../folder-entry.js';
import { openBelow } from '../folder-below.js';
import { type Ground, onGround } from './ground.js';
import type { Target } from './target.js';

/** A parcel's place: a folder below the ground's root, and the name there. */
export interface Place {
  folder: Buffer[];
  name: Buffer;
}

/** So many restores of one thing from one moment are told apart at most. */
const MOST_OF_A_NAME = 1000;

/** Room for the number behind a suffix, in a name of at most 255 bytes. */
const LONGEST_NAME = 250;

/**
 * Where restored things would go, absolute and for people: of `beside` the next free name each. A file beside its
 * original is in a folder of that name. In place: where it is.
 */
export async function plannedPlaces(
  target: Target,
  { suffix, items }: { suffix: string; items: readonly { path: Buffer }[] },
): Promise<string[]> {
  const { ground } = target;
  if (target.kind === 'folder') return [[ground.root, ...target.folder].join('/')];
  if (target.kind === 'in-place')
    return items.map(({ path }) => [ground.root, ...namesOf(path)].map(shown).join('/'));
  return onGround(ground, async (root) => {
    const places: string[] = [];
    const taken = new Set<string>();
    for (const { path } of items) {
      const place = await freePlace(root, ground, path, suffix, taken);
      places.push(shownPlace(ground, place));
    }
    return places;
  });
}

export const shownPlace = (ground: Ground, { folder, name }: Place): string =>
  [ground.root, ...folder, name].map(shown).join('/');

/** The next free name beside an original, in the nearest folder above it that is still there. */
export async function freePlace(
  root: FileHandle,
  ground: Ground,
  path: Buffer,
  suffix: string,
  taken: Set<string>,
): Promise<Place> {
  const names = namesOf(path);
  const original = names.at(-1);
  const folder = await nearestFolder(root, ground, names.slice(0, -1));
  const stem = original
    ? Buffer.concat([original.subarray(0, LONGEST_NAME - suffix.length - 1), Buffer.from('.')])
    : Buffer.alloc(0);
  return within(openBelow(root, folder, ground.root), async (open) => {
    for (let nth = 1; nth < MOST_OF_A_NAME; nth += 1) {
      const number = nth === 1 ? '' : `-${String(nth)}`;
      const name = Buffer.concat([stem, Buffer.from(`${suffix}${number}`)]);
      const key = Buffer.concat([...folder.flatMap((one) => [one, Buffer.from('/')]), name]).toString(
        'latin1',
      );
      if (taken.has(key) || (await lookAt(open, name)) !== undefined) continue;
      taken.add(key);
      return { folder, name };
    }
    throw new FtsError(
      'DestinationExists',
      `too many restores beside ${shown(path)}`,
      'remove those that nobody needs',
    );
  });
}

/** What there still is of the way to a folder. */
async function nearestFolder(root: FileHandle, ground: Ground, names: Buffer[]): Promise<Buffer[]> {
  try {
    await within(openBelow(root, names, ground.root), () => Promise.resolve());
    return names;
  } catch (error) {
    if (!(error instanceof FtsError) || error.type !== 'PathMissing') throw error;
    return nearestFolder(root, ground, names.slice(0, -1));
  }
}

/** The names of a path that need not be UTF-8. */
export function namesOf(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < path.length;) {
    const slash = path.indexOf(SLASH, at);
    const end = slash === -1 ? path.length : slash;
    names.push(path.subarray(at, end));
    at = end + 1;
  }
  return names;
}

const SLASH = 0x2f;

const shown = (name: Buffer | string): string => printableName(name).path;
