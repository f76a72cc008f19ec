import { isLossy, type SnapshotNode } from '../domain/snapshot-node.js';
import type { ResticRepository } from './restic/repository.js';
import { type StoredNode, readTree } from './restic/tree.js';

/** Folders that are read for their names at most: each is a call of restic. */
const MOST_FOLDERS = 50;

/** Two names that are printed alike are told apart by what else is told of them, if it is. */
const SAME = ['type', 'size', 'mtime', 'ctime', 'inode'] as const;

/** Finds out what a path of a snapshot really is, where restic's JSON has lost what is not UTF-8. */
export interface StoredNames {
  /** The path's bytes; the path as it was told where it is right, cannot be found, or too much was asked. */
  pathOf(
    snapshot: string,
    node: Pick<SnapshotNode, 'path'> & Partial<SnapshotNode>,
  ): Promise<Uint8Array | string>;
}

export function storedNames(repository: ResticRepository, signal?: AbortSignal): StoredNames {
  const folders = new Map<string, Promise<StoredNode[]>>();
  const read = (where: Parameters<typeof readTree>[1]): Promise<StoredNode[]> => {
    const key = JSON.stringify(where);
    const known = folders.get(key);
    if (known !== undefined) return known;
    if (folders.size >= MOST_FOLDERS) return Promise.resolve([]);
    const entries = readTree(repository, where, signal).catch(() => []); // the name stays as it was told
    folders.set(key, entries);
    return entries;
  };
  return {
    async pathOf(snapshot, node) {
      if (!isLossy(node.path)) return node.path;
      const names = node.path.split('/').slice(1);
      const first = names.findIndex(isLossy);
      const above = `/${names.slice(0, first).join('/')}`;
      let found = Buffer.from(above === '/' ? '' : above);
      let entries = await read({ snapshot, place: above });
      for (const [index, name] of names.slice(first).entries()) {
        const isLast = first + index === names.length - 1;
        const alike = entries.filter(
          (entry) =>
            looksLike(entry, name) &&
            (!isLast ||
              SAME.every((field) => node[field] === undefined || entry.node[field] === node[field])),
        );
        const [entry] = alike;
        if (entry === undefined || alike.length > 1) return node.path;
        found = Buffer.concat([found, Buffer.from('/'), entry.name]);
        entries = isLast || entry.subtree === undefined ? [] : await read({ tree: entry.subtree });
      }
      return found;
    },
  };
}

/** Go and Node disagree on how many replacement characters a broken sequence is worth. */
const looksLike = ({ name }: StoredNode, printed: string): boolean =>
  approximate(name.toString()) === approximate(printed);

const approximate = (name: string): string => name.replaceAll(/\ufffd+/g, '\ufffd');
