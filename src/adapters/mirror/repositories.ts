import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadClass } from '../../domain/mirror.js';
import { rcloneName } from '../../domain/rclone-names.js';
import { isErrno } from '../state.js';

/** What a restic repository on the volume held when planning began. Names are rclone's, as latin1 text. */
export interface FrozenRepository {
  /** Relative to the volume's root. */
  path: string;
  /** What the names of its files begin with. */
  prefix: string;
  snapshots: ReadonlySet<string>;
  indexes: ReadonlySet<string>;
}

/**
 * Looks at the restic repositories on a volume: at the snapshots first, then at the indexes. Whatever a backup adds
 * afterwards is left for the next run, so that each snapshot that goes up finds its index there, and each index its
 * packs. A repository that is not there, or may not be looked at, has none.
 */
export async function freezeRepositories(
  root: string,
  paths: readonly string[],
): Promise<FrozenRepository[]> {
  const frozen: FrozenRepository[] = [];
  for (const path of paths) {
    const snapshots = await namesIn(root, join(path, 'snapshots'));
    frozen.push({
      path,
      prefix: `${listed(path)}/`,
      snapshots,
      indexes: await namesIn(root, join(path, 'index')),
    });
  }
  return frozen;
}

/**
 * Repositories of which a frozen index has gone since: a prune runs, or ran. What it took away, and what it put in its
 * place, waits for the next run. So does one of which a folder cannot be listed: an index may name packs that lie there.
 */
export async function prunedSince(
  root: string,
  frozen: readonly FrozenRepository[],
  unreadable: ReadonlySet<string>,
): Promise<FrozenRepository[]> {
  const pruned: FrozenRepository[] = [];
  for (const repository of frozen) {
    const now = await namesIn(root, join(repository.path, 'index'));
    const isWhole = [...repository.indexes].every((name) => now.has(name));
    const isOpen = [...unreadable].every((folder) => !`${folder}/`.startsWith(repository.prefix));
    if (!isWhole || !isOpen) pruned.push(repository);
  }
  return pruned;
}

/** Where a name stands in the order of uploading; `later` for what came after the freeze. */
export function classOf(frozen: readonly FrozenRepository[], name: string): UploadClass | 'later' {
  for (const { prefix, snapshots, indexes } of frozen) {
    if (!name.startsWith(prefix)) continue;
    const rest = name.slice(prefix.length);
    if (rest.startsWith('snapshots/')) return snapshots.has(name) ? 3 : 'later';
    if (rest.startsWith('index/')) return indexes.has(name) ? 2 : 'later';
  }
  return 1;
}

/** Which of a repository's folders a name on the remote lies in, in the order of deleting. */
export function deletionOf(frozen: readonly FrozenRepository[], name: string): UploadClass {
  for (const { prefix } of frozen) {
    if (name.startsWith(`${prefix}snapshots/`)) return 1;
    if (name.startsWith(`${prefix}index/`)) return 2;
  }
  return 3;
}

/** Whether a name lies in one of the repositories. */
export const liesIn = (repositories: readonly FrozenRepository[], name: string): boolean =>
  repositories.some(({ prefix }) => name.startsWith(prefix));

async function namesIn(root: string, folder: string): Promise<Set<string>> {
  try {
    const names = await readdir(join(root, folder));
    return new Set(names.map((name) => listed(join(folder, name))));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return new Set();
    throw error;
  }
}

/** A path as it stands in a listing that is read as latin1. */
const listed = (path: string): string => Buffer.from(rcloneName(path)).toString('latin1');
