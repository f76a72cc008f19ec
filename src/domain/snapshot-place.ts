/** How the paths that a snapshot saved cover a volume. */
export interface Cover {
  /**
   * `root`: exactly the volume. `above`: a folder in which it lies. `below`: only parts of it. `assumed`: something
   * else, which is taken for the volume because nothing else can be meant: to be said.
   */
  how: 'root' | 'above' | 'below' | 'assumed';
  /** The saved paths concerned: one, or with `below` several. */
  saved: string[];
  /** All that the snapshot saved. */
  paths: string[];
  /** The volume's root as the snapshot spells it, in its names. */
  root: string[];
}

export interface CoverOptions {
  /** The volume's root, as declared and, where that is another, as resolved. */
  roots: readonly string[];
  /** Whether a snapshot of one other path is one of this volume. */
  assume: boolean;
}

/** What a snapshot holds of a volume; undefined if it is of something else. */
export function coverOf(paths: readonly string[], { roots, assume }: CoverOptions): Cover | undefined {
  const saved = paths.map((path) => ({ path, names: namesOf(path) }));
  const cover = (how: Cover['how'], some: typeof saved, root: string[]): Cover => ({
    ...{ how, root, paths: [...paths] },
    saved: some.map(({ path }) => path),
  });
  for (const root of roots.map(namesOf)) {
    const same = saved.find(({ names }) => isPrefix(names, root) && names.length === root.length);
    if (same) return cover('root', [same], root);
    const [nearest] = saved
      .filter(({ names }) => isPrefix(names, root))
      .sort((one, other) => other.names.length - one.names.length);
    if (nearest) return cover('above', [nearest], root);
    const parts = saved.filter(({ names }) => isPrefix(root, names));
    if (parts.length > 0) return cover('below', parts, root);
  }
  const [only] = saved;
  return assume && saved.length === 1 && only ? cover('assumed', [only], only.names) : undefined;
}

/** Whether a snapshot was made of all of a path of the volume. */
export const isSavedAll = (cover: Cover, path: string): boolean =>
  partsFor(cover, path).some(([saved, wanted]) => isPrefix(saved, wanted));

/** Whether a snapshot was made of a path of the volume, or of something in it. */
export const isSavedInPart = (cover: Cover, path: string): boolean =>
  partsFor(cover, path).some(([saved, wanted]) => agree(saved, wanted));

/** Each saved path, and the one that is asked for. */
const partsFor = ({ saved, root }: Cover, path: string): [string[], string[]][] =>
  saved.map((one) => [namesOf(one), [...root, ...namesOf(path)]]);

/**
 * Where a path of the volume may lie in the snapshot's tree, whatever that looks like: all that has to be looked at, to
 * then call `placeInTree`. `/`-separated and absolute.
 */
export function placesToLookAt(cover: Cover, path: string): string[] {
  const wanted = [...cover.root, ...namesOf(path)];
  const dropped = Array.from({ length: Math.max(...cover.saved.map((saved) => namesOf(saved).length)) + 1 });
  return [...new Set(dropped.map((_none, index) => treePath(wanted.slice(index))))];
}

/**
 * Where a path of the volume lies in the snapshot's tree, if it is there. restic keeps a path that was given relatively
 * (`restic backup .`) without the folders before it, and tells only by the tree: by the names at its root. Undefined
 * where the place holds also what is not of the volume.
 */
export function placeInTree(cover: Cover, rootNames: readonly string[], path: string): string | undefined {
  const wanted = [...cover.root, ...namesOf(path)];
  const saved = cover.saved.map(namesOf).find((names) => isPrefix(names, wanted) || isPrefix(wanted, names));
  if (saved === undefined) return undefined;
  const dropped = foldersDropped(saved, cover.paths, rootNames);
  if (dropped > wanted.length) return undefined; // the tree begins below it
  const place = wanted.slice(dropped);
  if (place.length > 0 || saved.length === 0) return treePath(place);
  const foreign = cover.paths.map(namesOf).some((names) => !isPrefix(wanted, names));
  return foreign ? undefined : treePath(place);
}

/** How the volume's paths are spelt in a tree: below `base`, and without the folders `lead`, which the tree leaves out. */
export interface TreeRoot {
  base: string;
  /** Below the volume's root; empty if the tree leaves out nothing of it. */
  lead: string;
}

/** Where the volume is in a snapshot's tree, so far as a path of it is concerned; undefined as with `placeInTree`. */
export function treeRootFor(cover: Cover, rootNames: readonly string[], path: string): TreeRoot | undefined {
  const place = placeInTree(cover, rootNames, path);
  if (place === undefined) return undefined;
  const own = namesOf(path);
  const found = namesOf(place);
  if (found.length >= own.length)
    return { base: treePath(found.slice(0, found.length - own.length)), lead: '' };
  return { base: '/', lead: own.slice(0, own.length - found.length).join('/') };
}

/** How many of the first names of a saved path its tree leaves out: none, if it was given absolutely. */
function foldersDropped(
  saved: readonly string[],
  paths: readonly string[],
  rootNames: readonly string[],
): number {
  const alone = paths.length === 1 && rootNames.length > 1; // the root is the saved folder itself
  const first = alone ? -1 : saved.findIndex((name) => rootNames.includes(name));
  return first < 0 ? saved.length : first;
}

/**
 * Where an entry of the snapshot's tree was when it was saved, absolute, if the tree does not tell otherwise; the other
 * way round than `placeInTree`, without a look at the tree's root.
 */
export function savedFrom(place: string, paths: readonly string[]): string {
  const names = namesOf(place);
  const saved = paths.map(namesOf);
  const guesses = saved.flatMap((whole) => {
    const dropped = whole.findIndex((_name, index) => agree(whole.slice(index), names));
    return dropped < 0 ? [] : [{ whole, dropped }];
  });
  const [best] = guesses.sort((one, other) => one.dropped - other.dropped);
  const above = best ? best.whole.slice(0, best.dropped) : (saved[0] ?? []);
  return treePath([...above, ...names]);
}

const agree = (one: readonly string[], other: readonly string[]): boolean =>
  isPrefix(one, other) || isPrefix(other, one);

/** The path of an entry relative to a folder, both absolute; undefined if it is not in it. */
export function pathWithin(folder: string, path: string): string | undefined {
  const [outer, inner] = [namesOf(folder), namesOf(path)];
  return isPrefix(outer, inner) ? inner.slice(outer.length).join('/') : undefined;
}

/** The names of an absolute path, of Windows too: `C:\data` lies under `/C/data`. */
function namesOf(path: string): string[] {
  const drive = /^([A-Za-z]):[\\/]?/.exec(path);
  const parts = drive || path.startsWith('\\\\') ? path.split(/[\\/]/) : path.split('/');
  if (drive?.[1] !== undefined) parts[0] = drive[1];
  return parts.filter((name) => name !== '' && name !== '.');
}

const treePath = (names: readonly string[]): string => `/${names.join('/')}`;

const isPrefix = (short: readonly string[], long: readonly string[]): boolean =>
  short.length <= long.length && short.every((name, index) => name === long[index]);
