import { existsSync } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { deviceNumber, type Mount } from '../mountinfo.js';
import { runChild } from './child.js';

/** Hung: the device did not answer in time. Undefined: nobody knows, there is none, or the device is in doubt. */
export type FilesystemTag = { kind: 'known'; value: string } | { kind: 'hung' } | undefined;

/**
 * A tag of the filesystem that is mounted: root reads it from the device itself; others ask udev's database, which
 * everybody may read.
 */
export async function filesystemTag(
  mount: Mount,
  tag: 'UUID' | 'LABEL',
  deadlineMs: number,
): Promise<FilesystemTag> {
  if (!(await isDeviceOf(mount))) return undefined;
  const isRoot = process.getuid?.() === 0;
  const file = isRoot ? 'blkid' : 'lsblk';
  const args = isRoot ? ['-p', '-s', tag, '-o', 'value'] : ['--nodeps', '--noheadings', '-o', tag];
  const end = await runChild(file, [...args, mount.source], { key: mount.source, deadlineMs });
  if (end.kind === 'hung') return { kind: 'hung' };
  if (end.kind !== 'ended' || end.exitCode !== 0) return undefined;
  const value = end.stdout.trim();
  return value === '' ? undefined : { kind: 'known', value };
}

/** Whether the node that the mount table names is still the mounted device: after a drive came back it may be another. */
async function isDeviceOf({ source, device, type }: Mount): Promise<boolean> {
  if (!source.startsWith('/')) return false;
  try {
    const stats = await stat(source, { bigint: true });
    // btrfs shows a number of its own in the mount table.
    return stats.isBlockDevice() && (type === 'btrfs' || deviceNumber(stats.rdev) === device);
  } catch {
    return false;
  }
}

/** Whether the kernel still has the device of the mount; a pulled one is gone while its mount stays. */
export async function hasDevice({ device, type }: Mount): Promise<boolean> {
  return type === 'btrfs' || (await deviceName(device)) !== undefined || !existsSync('/sys/dev/block');
}

/**
 * Differs for each time a filesystem is mounted, which the id of a mount does not: it is given out again at once.
 * The kernel makes a filesystem's folder in /sys anew at each mount. Empty where there is none.
 */
export async function mountGeneration(
  { type, device }: Mount,
  filesystemUuid: string | null,
): Promise<string> {
  const name = type === 'btrfs' ? filesystemUuid : await deviceName(device);
  if (!name) return '';
  try {
    return String((await stat(`/sys/fs/${type}/${name}`, { bigint: true })).ino);
  } catch {
    return '';
  }
}

/** The kernel's name of a device: `sda1`, `dm-0`. */
async function deviceName(device: string): Promise<string | undefined> {
  try {
    return basename(await readlink(`/sys/dev/block/${device}`));
  } catch {
    return undefined;
  }
}
