import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ExpectedRoot } from '../../domain/sentinel.js';
import type { State } from '../state.js';

const VolumeRecord = z.object({
  /** Null for a `directory` volume. */
  filesystemUuid: z.string().nullable(),
  /** `major:minor`. */
  device: z.string(),
  inode: z.string(),
  /** As in the sentinel. */
  created: z.string(),
  mountpoint: z.string(),
  /** The part of a btrfs filesystem that is mounted; `/` for every other. */
  subvolume: z.string().optional(),
  /** When it was provisioned and held nothing yet: what was saved of it before is of another drive. Until it is rebuilt. */
  emptyAt: z.string().optional(),
  /** Which boot the device number is from, where the system tells. */
  boot: z.string().optional(),
});
/** What the host remembers of a volume that it provisioned: a tree that merely looks like it is not it. */
export type VolumeRecord = z.infer<typeof VolumeRecord>;

const fileOf = (volume: string): string => `volumes/${volume}.json`;

/** The host's record of a volume, or undefined if it never provisioned it. Fails with `StateCorrupt`. */
export const readVolumeRecord = (state: State, volume: string): Promise<VolumeRecord | undefined> =>
  state.read(fileOf(volume), VolumeRecord);

export const writeVolumeRecord = (state: State, volume: string, record: VolumeRecord): Promise<void> =>
  state.write(fileOf(volume), record);

/**
 * The folder that the record tells of, as far as numbers can tell. A filesystem is known by its UUID instead. The
 * numbers of devices without a driver of their own (`0:…`: btrfs, overlay, tmpfs) are dealt out anew at each boot, as
 * all are on macOS: there the inode has to do once the machine has restarted.
 */
export function recordedFolder(
  record: VolumeRecord,
  boot: string | undefined,
): Pick<ExpectedRoot, 'inode' | 'device'> {
  if (record.filesystemUuid !== null) return {};
  const renumbered = boot === undefined || (boot !== record.boot && record.device.startsWith('0:'));
  return { inode: record.inode, ...(renumbered ? {} : { device: record.device }) };
}

/** Identifies the present boot; undefined where there is no /proc. */
export async function currentBoot(): Promise<string | undefined> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return undefined;
  }
}
