import { posix } from 'node:path';
import type { RequestPath } from '../domain/request-path.js';
import type { SnapshotNode } from '../domain/snapshot-node.js';
import { isLossy } from '../domain/snapshot-node.js';
import { type Cover, placeInTree, placesToLookAt } from '../domain/snapshot-place.js';
import { UsageError } from '../domain/usage-error.js';
import { lookInto } from './restic/look.js';
import type { ResticRepository } from './restic/repository.js';
import { type StoredNode, readTree } from './restic/tree.js';

/** Something in a snapshot. */
export interface SnapshotEntry {
  /** In the snapshot's tree; undefined if it has a name that is not UTF-8, which restic cannot be given. */
  place: string | undefined;
  type: string;
  /** Undefined for the root of the tree. */
  node: SnapshotNode | undefined;
  /** What is directly in a folder, with the real names: bytes where they are not UTF-8. */
  children: Child[];
}

export interface Child {
  name: Uint8Array | string;
  node: SnapshotNode;
}

export interface EntryAsked {
  snapshot: string;
  cover: Cover;
  request: Pick<RequestPath, 'path' | 'printed'>;
  signal?: AbortSignal;
}

/**
 * Finds what is asked for in a snapshot, in one call of restic; undefined if it is not there. Throws `UsageError` where a
 * name and another that is printed like it are both there.
 */
export async function findEntry(
  repository: ResticRepository,
  { snapshot, cover, request: { path, printed }, signal }: EntryAsked,
): Promise<SnapshotEntry | undefined> {
  const printedText = printed && textOf(printed);
  const wanted = [path, ...(printedText === undefined ? [] : [printedText])];
  const look = await lookAt(repository, { snapshot, ...(signal && { signal }) }, [
    ...new Set(wanted.flatMap((text) => placesToLookAt(cover, text))),
  ]);
  const found = wanted.flatMap((text) => {
    const place = placeInTree(cover, look.rootNames, text);
    return place !== undefined && look.isThere(place) ? [place] : [];
  });
  const [place, other] = found;
  if (other !== undefined)
    throw new UsageError(`${JSON.stringify(path)} is the name of one thing, and is how another is printed`, {
      hint: 'restore the folder that holds both',
    });
  if (place !== undefined) {
    const node = look.nodes.get(place);
    const children = look.children.get(place) ?? [];
    const stored = children.some(({ name }) => isLossy(name))
      ? await readTree(repository, { snapshot, place }, signal)
      : [];
    return {
      ...{ place, node, type: node?.type ?? 'dir' },
      children: children.map((child, index) => ({ name: storedName(child, stored[index]), node: child })),
    };
  }
  if (printed === undefined || printedText !== undefined) return undefined;
  return descend(repository, {
    snapshot,
    cover,
    rootNames: look.rootNames,
    printed,
    ...(signal && { signal }),
  });
}

/** Both lists are in the order of the tree. */
const storedName = (told: SnapshotNode, stored: StoredNode | undefined): Uint8Array | string =>
  isLossy(told.name) && stored && stored.node.inode === told.inode && stored.node.mtime === told.mtime
    ? (textOf(stored.name) ?? stored.name)
    : told.name;

async function lookAt(
  repository: ResticRepository,
  { snapshot, signal }: Pick<EntryAsked, 'snapshot' | 'signal'>,
  places: readonly string[],
) {
  const rootNames: string[] = [];
  const nodes = new Map<string, SnapshotNode>();
  const children = new Map<string, SnapshotNode[]>(places.map((place) => [place, []]));
  await lookInto(
    repository,
    { snapshot, places: [...new Set(['/', ...places])] },
    (node) => {
      nodes.set(node.path, node);
      const parent = posix.dirname(node.path);
      if (parent === '/') rootNames.push(node.name);
      if (node.path !== '/') children.get(parent)?.push(node);
    },
    { ...(signal && { signal }) },
  );
  return { rootNames, nodes, children, isThere: (place: string) => place === '/' || nodes.has(place) };
}

/** Goes down name by name, comparing bytes, from the last folder that restic can be given. */
async function descend(
  repository: ResticRepository,
  {
    snapshot,
    cover,
    rootNames,
    printed,
    signal,
  }: Omit<EntryAsked, 'request'> & { rootNames: string[]; printed: Uint8Array },
): Promise<SnapshotEntry | undefined> {
  const names = splitNames(Buffer.from(printed));
  const plain = names.findIndex((name) => textOf(name) === undefined);
  const above = placeInTree(cover, rootNames, names.slice(0, plain).map(String).join('/'));
  if (above === undefined) return undefined;
  let entries = await readTree(repository, { snapshot, place: above }, signal).catch(() => []);
  let found: StoredNode | undefined;
  for (const name of names.slice(plain)) {
    found = entries.find((entry) => entry.name.equals(name));
    if (found === undefined) return undefined;
    entries = found.subtree === undefined ? [] : await readTree(repository, { tree: found.subtree }, signal);
  }
  return (
    found && { place: undefined, type: found.node.type, node: found.node, children: withPlaces(entries, '') }
  );
}

const withPlaces = (entries: readonly StoredNode[], folder: string): Child[] =>
  entries.map(({ name, node }) => ({
    name: textOf(name) ?? name,
    node: { ...node, path: posix.join('/', folder, node.name) },
  }));

function splitNames(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let from = 0; from <= path.length;) {
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    names.push(path.subarray(from, end));
    from = end + 1;
  }
  return names;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The name as text; undefined if it is not UTF-8. */
function textOf(name: Uint8Array): string | undefined {
  try {
    return decoder.decode(name);
  } catch {
    return undefined;
  }
}
