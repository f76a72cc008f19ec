import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { SnapshotNode } from '../../domain/snapshot-node.js';
import { jsonParts } from '../json-parts.js';
import { lookWithRestic, nodeOf } from './look.js';
import type { ResticRepository } from './repository.js';

const OfSnapshot = z.object({ snapshot: z.string() });

export interface FindOptions {
  patterns: readonly string[];
  ignoreCase: boolean;
  /** Which of the entries that restic finds are meant: it also tells what lies below a folder that matches. */
  accept: (node: SnapshotNode) => boolean;
  /** So many entries of one snapshot are kept at most. */
  limit: number;
  signal?: AbortSignal;
}

/**
 * Searches all snapshots of a repository in one pass, and tells what was found snapshot by snapshot, the newest first.
 * `omitted` is how many more there are than the limit. Memory grows with what is accepted in one snapshot only. Resolves to whether
 * all of it could be read: restic leaves out folders whose data is damaged or gone.
 */
export async function findInRepository(
  repository: ResticRepository,
  { patterns, ignoreCase, accept, limit, signal }: FindOptions,
  onFound: (found: { snapshot: string; nodes: SnapshotNode[]; omitted: number }) => void,
): Promise<{ isWhole: boolean }> {
  let nodes: SnapshotNode[] = [];
  let omitted = 0;
  let isWhole = true;
  const parts = jsonParts(
    (inner) => {
      const node = nodeOf(inner);
      if (!accept(node)) return;
      if (nodes.length < limit) nodes.push(node);
      else omitted += 1;
    },
    (outer) => {
      const { snapshot } = OfSnapshot.parse(outer);
      if (nodes.length > 0) onFound({ snapshot, nodes, omitted });
      [nodes, omitted] = [[], 0];
    },
    () => {
      isWhole = false;
    },
  );
  const decoder = new StringDecoder('utf8');
  const options = ignoreCase ? ['--ignore-case'] : [];
  await lookWithRestic(repository, ['find', ...options, '--', ...patterns], {
    ...(signal && { signal }),
    onOutput: (chunk) => parts.write(decoder.write(chunk)),
  });
  return { isWhole };
}
