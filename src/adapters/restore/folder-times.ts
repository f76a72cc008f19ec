import type { FileHandle } from 'node:fs/promises';
import { HANDED, runProjectTool } from '../project/tool.js';
import { type Attributes, changeAttributes } from './attributes.js';

const PERMISSIONS = 0o7777n;
const SECOND_NS = 1_000_000_000n;

/** What a live folder gets. */
export interface Settled {
  mode: bigint;
  uid: bigint;
  gid: bigint;
}

/**
 * Gives a live folder the mode and owner of a restored one, its time (ns since the epoch) where that is known, and its
 * attributes in place of those it has. Safe to repeat. False if the folder is somebody else's, which stays as it is.
 */
export async function settleFolder(
  live: FileHandle,
  { mode, uid, gid }: Settled,
  modifiedNs: bigint | undefined,
  attributes?: { staged: Attributes | undefined; live: Attributes | undefined },
): Promise<boolean> {
  const there = await live.stat({ bigint: true });
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && Number(there.uid) !== process.getuid?.()) return false;
  const differs = there.uid !== uid || there.gid !== gid;
  if (differs && asRoot) await live.chown(Number(uid), Number(gid));
  if (attributes) await changeAttributes(live, attributes, 'drop');
  if (differs || attributes || (there.mode & PERMISSIONS) !== mode) await live.chmod(Number(mode));
  if (attributes) await changeAttributes(live, attributes, 'set');
  if (modifiedNs !== undefined && modifiedNs !== there.mtimeNs) {
    // Node's own utimes takes a double, which holds no nanoseconds of today.
    await runProjectTool({
      file: 'touch',
      args: ['-m', '-d', secondsOf(modifiedNs), '--', HANDED],
      folder: live,
    });
  }
  return true;
}

/** A time (ns since the epoch) as touch(1) takes it: `@1323785716.123456789`. */
export function secondsOf(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % SECOND_NS).padStart(9, '0');
  return `@${ns < 0n ? '-' : ''}${String(size / SECOND_NS)}.${fraction}`;
}
