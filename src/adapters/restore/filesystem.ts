import { FtsError } from '../../domain/failures.js';

/** Filesystems that keep neither modes nor owners nor links, and not every name: `f_type` of statfs(2), from the kernel's magic.h. */
const KEEPS_TOO_LITTLE: ReadonlyMap<number, string> = new Map([
  [0x4d44, 'vfat'],
  [0x2011bab0, 'exfat'],
]);

/**
 * Fails with `TargetRefused` for a filesystem on which a restore could not be what it was: it would be fetched whole, and then
 * not pass. What lies behind FUSE does not tell what it keeps, and is found out when it is compared.
 */
export function requireKeeping(root: string, { type }: { type: number }): void {
  const name = KEEPS_TOO_LITTLE.get(type);
  if (name === undefined) return;
  throw new FtsError(
    'TargetRefused',
    `nothing is restored to ${root}: it is of ${name}, which keeps neither modes nor owners nor links`,
    'name a folder on another filesystem; `restic dump --archive zip SNAPSHOT PATH` writes one file that fits there',
  );
}
