/** An entry of a snapshot's tree, in restic's own words. */
export interface SnapshotNode {
  /** Of a name that is not UTF-8, or holds control characters: as restic has it, until `printable` has seen it. */
  name: string;
  /** In the snapshot's tree, absolute. */
  path: string;
  /** `file`, `dir`, `symlink`, `fifo`, … */
  type: string;
  /** Bytes; absent for what has none. */
  size?: number;
  /** RFC 3339 UTC. */
  mtime?: string;
  /** What else restic tells: mode, permissions, uid, gid, user, group, inode, atime, ctime, linktarget, … */
  [more: string]: unknown;
}

/** restic's JSON has this in place of each byte that is no UTF-8. */
const REPLACEMENT = '\ufffd';

/** Whether restic's JSON may have lost what a name is. */
export const isLossy = (name: string): boolean => name.includes(REPLACEMENT);
