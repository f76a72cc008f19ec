import type { FileHandle } from 'node:fs/promises';
import type { Entry } from './folder-entry.js';
import { HANDED, runProjectTool } from './project-tool.js';
import type { RestoreContext } from './restore-context.js';

const PERMISSIONS = 0o7777n;
const SECOND_NS = 1_000_000_000n;

/** Gives a live folder the mode and owner of a restored one, and its time (ns since the epoch) where that is known. Safe to repeat. */
export async function settleFolder(
  live: FileHandle,
  restored: Entry,
  modifiedNs: bigint | undefined,
  onStep: RestoreContext['onStep'],
): Promise<void> {
  const { mode, uid, gid, mtimeNs } = await live.stat({ bigint: true });
  const differs = uid !== restored.uid || gid !== restored.gid;
  if (differs && process.getuid?.() === 0) await live.chown(Number(restored.uid), Number(restored.gid));
  if (differs || mode !== restored.mode) await live.chmod(Number(restored.mode & PERMISSIONS));
  if (modifiedNs !== undefined && modifiedNs !== mtimeNs) {
    // Node's own utimes takes a double, which holds no nanoseconds of today.
    await runProjectTool({
      file: 'touch',
      args: ['-m', '-d', secondsOf(modifiedNs), '--', HANDED],
      folder: live,
    });
  }
  await onStep('folder-settled');
}

/** A time (ns since the epoch) as touch(1) takes it: `@1323785716.123456789`. */
export function secondsOf(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % SECOND_NS).padStart(9, '0');
  return `@${ns < 0n ? '-' : ''}${String(size / SECOND_NS)}.${fraction}`;
}
