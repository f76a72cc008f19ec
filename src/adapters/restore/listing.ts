import { z } from 'zod';
import type { EntryKind, TreeEntry } from './tally.js';

/** A line of `restic ls --json` that is an entry. restic leaves out what is zero. */
const Node = z.object({
  message_type: z.literal('node'),
  type: z.string(),
  path: z.string(),
  size: z.number().default(0),
  mode: z.number().default(0),
  uid: z.number().default(0),
  gid: z.number().default(0),
  mtime: z.string(),
  inode: z.number().default(0),
});

const KINDS = new Set<string>(['file', 'dir', 'symlink', 'fifo', 'dev', 'chardev'] satisfies EntryKind[]);
const isKind = (type: string): type is EntryKind => KINDS.has(type);

/** What restic's JSON says is an entry; undefined for anything else, and for a socket, which nobody restores. */
export function listedEntry(message: unknown): TreeEntry | undefined {
  const node = Node.safeParse(message).data;
  if (node === undefined || !isKind(node.type)) return undefined;
  return {
    kind: node.type,
    path: node.path.replace(/^\//, ''),
    size: node.size,
    mode: unixMode(node.mode),
    uid: node.uid,
    gid: node.gid,
    modifiedNs: nanoseconds(node.mtime),
    inode: node.inode === 0 ? undefined : String(node.inode),
  };
}

/** Go has the special bits elsewhere (io/fs, FileMode). */
function unixMode(mode: number): number {
  const has = (bit: number): boolean => Math.floor(mode / 2 ** bit) % 2 === 1;
  return (mode & 0o777) | (has(23) ? 0o4000 : 0) | (has(22) ? 0o2000 : 0) | (has(20) ? 0o1000 : 0);
}

const SECOND_NS = 1_000_000_000n;

/** RFC 3339 with up to nine digits of a second, in any zone. */
function nanoseconds(time: string): bigint {
  const [, seconds = time, fraction = '', zone = ''] =
    /^([^.Zz+]*?)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  const whole = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(whole)) return 0n;
  return BigInt(whole / 1000) * SECOND_NS + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
