import { z } from 'zod';
import type { SnapshotNode } from '../../domain/snapshot-node.js';
import { lookWithRestic, nodeOf } from './look.js';
import type { ResticRepository } from './repository.js';

const Stored = z.looseObject({ name: z.string(), type: z.string(), subtree: z.string().nullish() });
const Tree = z.object({ nodes: z.array(Stored).nullable() });

/** An entry with the name that it really has. */
export interface StoredNode {
  /** Bytes. */
  name: Buffer;
  node: SnapshotNode;
  /** Id of a folder's own tree. */
  subtree: string | undefined;
}

/**
 * What is in one folder of a snapshot, with the names as they are stored: restic's listings lose what is not UTF-8.
 * `folder` is its place in the tree, or the id of its tree.
 */
export async function readTree(
  repository: ResticRepository,
  folder: { snapshot: string; place: string } | { tree: string },
  signal?: AbortSignal,
): Promise<StoredNode[]> {
  const what = 'tree' in folder ? ['blob', folder.tree] : ['tree', `${folder.snapshot}:${folder.place}`];
  const chunks: Buffer[] = [];
  await lookWithRestic(repository, ['cat', '--', ...what], {
    ...(signal && { signal }),
    onOutput: (chunk) => chunks.push(chunk),
  });
  const { nodes } = Tree.parse(JSON.parse(Buffer.concat(chunks).toString()));
  return (nodes ?? []).map(({ name, subtree, content: _content, ...rest }) => {
    const bytes = unquoted(name);
    return {
      name: bytes,
      node: nodeOf({ ...rest, name: bytes.toString(), path: bytes.toString() }),
      subtree: subtree ?? undefined,
    };
  });
}

const NAMED: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;

/** The bytes of a name that restic stores quoted, as Go's `strconv.Quote` does. */
function unquoted(text: string): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const [all, byte, short, long, octal, plain = ''] = match;
    parts.push(Buffer.from(text.slice(at, match.index)));
    at = match.index + all.length;
    const point = short ?? long;
    const value =
      byte !== undefined ? parseInt(byte, 16) : octal !== undefined ? parseInt(octal, 8) : NAMED[plain];
    if (point !== undefined) parts.push(Buffer.from(String.fromCodePoint(parseInt(point, 16))));
    else parts.push(value === undefined ? Buffer.from(plain) : Buffer.of(value));
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(at))]);
}
