import { posix } from 'node:path';
import { z } from 'zod';
import { unquoted } from '../../domain/go-quote.js';
import type { Chunk } from './compare.js';
import type { SnapshotFile, SnapshotPlace } from './files.js';
import { runRestic } from '../restic.js';

const Tree = z.object({
  nodes: z.array(
    z
      .object({ name: z.string(), type: z.string(), content: z.array(z.string()).nullish() })
      .transform(({ name, type, content }) => ({
        name: unquoted(name),
        isFile: type === 'file',
        content: content ?? [],
      })),
  ),
});

/** So many chunks are asked for at once: what is kept of a tool's answer holds the lines of twice as many. */
const BATCH = 150;

/** What restic adds to a chunk when it encrypts it (bytes). */
const ENCRYPTION_BYTES = 32;

/** A chunk that lies in a pack, by the first 8 digits of its id; the last length is zero for one that is not compressed. */
const PACKED = /<Blob \(data\) ([0-9a-f]{8}), offset \d+, length (\d+), uncompressed length (\d+)>/g;
const SHORT = 8;

/**
 * The chunks of files, as the snapshot's trees and the repository's index record them, by the files' paths. One that is
 * missing could not be made out. Reads the trees and the index only, and none of the data.
 */
export async function chunksOf(
  place: SnapshotPlace,
  files: readonly SnapshotFile[],
): Promise<Map<string, Chunk[]>> {
  const ids = new Map<string, readonly string[]>();
  const folders = grouped(files, ({ path }) => posix.dirname(path));
  for (const [folder, within] of folders) {
    const contents = await contentsIn(place, folder);
    for (const { path } of within) {
      const content = contents.get(posix.basename(path));
      if (content) ids.set(path, content);
    }
  }
  const several = [...ids.values()].filter((content) => content.length > 1).flat();
  const lengths = await lengthsOf(place, [...new Set(several)]);
  const found = new Map<string, Chunk[]>();
  for (const { path, size } of files) {
    const content = ids.get(path) ?? [];
    const [only, ...more] = content;
    const chunks =
      only !== undefined && more.length === 0
        ? [{ id: only, length: size }]
        : content.map((id) => ({ id, length: lengths.get(id) ?? NaN }));
    if (chunks.reduce((sum, { length }) => sum + length, 0) === size) found.set(path, chunks);
  }
  return found;
}

/** The chunk ids of all files in a folder of the snapshot. */
async function contentsIn(place: SnapshotPlace, folder: string): Promise<Map<string, readonly string[]>> {
  const { repository, snapshotId, signal } = place;
  const contents = new Map<string, readonly string[]>();
  await runRestic(repository, {
    args: ['cat', '--no-lock', '--', 'tree', folder === '/' ? snapshotId : `${snapshotId}:${folder}`],
    ...{ locked: false, signal },
    onMessage: (message) => {
      for (const { name, isFile, content } of Tree.parse(message).nodes)
        if (isFile && name !== undefined) contents.set(name, content);
    },
  });
  return contents;
}

/** restic prints the lengths of chunks only here, and their ids shortened: of two that begin alike none is known. */
async function lengthsOf(
  { repository, snapshotId, signal }: SnapshotPlace,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const byShort = grouped(ids, (id) => id.slice(0, SHORT));
  const lengths = new Map<string, number>();
  for (let from = 0; from < ids.length; from += BATCH) {
    const { stdout } = await runRestic(repository, {
      args: [
        ...['find', '--json', '--no-lock', '--snapshot', snapshotId, '--blob', '--show-pack-id', '--'],
        ...ids.slice(from, from + BATCH),
      ],
      ...{ locked: false, signal },
    });
    for (const [, short = '', length, plain] of stdout.matchAll(PACKED)) {
      const [id, ...others] = byShort.get(short) ?? [];
      if (id === undefined || others.length > 0) continue;
      lengths.set(id, Number(plain) || Number(length) - ENCRYPTION_BYTES);
    }
  }
  return lengths;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
