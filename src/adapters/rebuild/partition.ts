import { isProtectedName } from '../../domain/purge.js';
import type { TreeEntry } from '../restore/tally.js';

/** What of an entry tells where it belongs. */
export type Placed = Pick<TreeEntry, 'kind' | 'path'>;

export interface PartitionOptions {
  /** Folders in which each entry is a part of its own, relative to the volume's root. */
  projects: readonly string[];
}

/** Where an entry of a volume belongs. */
export type Belongs =
  /** A folder in which parts lie. */
  | { to: 'way' }
  /** The volume's own, or the filesystem's: never restored. */
  | { to: 'nothing' }
  /** `root`: the part itself, and not what is in it. `text`: its path. */
  | { to: 'part'; text: string; root: boolean };

/**
 * Tells where an entry belongs by its path alone. Paths that are not UTF-8 may look alike: entries come folder by
 * folder, so that each part begins with its root.
 */
export function partition({ projects }: PartitionOptions): (entry: Placed) => Belongs {
  const ways = new Set(projects.flatMap(withAbove));
  return ({ kind, path }) => {
    const names = path.split('/');
    if (isProtectedName(names[0] ?? '')) return { to: 'nothing' };
    if (kind === 'dir' && ways.has(path)) return { to: 'way' };
    let depth = 1;
    while (depth < names.length && ways.has(names.slice(0, depth).join('/'))) depth += 1;
    return { to: 'part', text: names.slice(0, depth).join('/'), root: depth === names.length };
  };
}

/** `a/b` as `a` and `a/b`. */
export const withAbove = (path: string): string[] =>
  path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((_, index, names) => names.slice(0, index + 1).join('/'));
