import { readFile } from 'node:fs/promises';

/** One line of Linux' mount table (proc(5), `/proc/PID/mountinfo`). */
export interface Mount {
  /** Unique among the present mounts; a later mount may get it again. */
  id: string;
  /** `major:minor` as `stat` shows it for files in it (btrfs apart: there each subvolume has its own). */
  device: string;
  /** The folder of the filesystem that forms the root of this mount: `/` unless it is a bind mount or subvolume. */
  root: string;
  mountpoint: string;
  type: string;
  source: string;
  /** Options of the mount and of the filesystem together. */
  options: ReadonlySet<string>;
}

/** The mounts this process sees, in the order in which they were made. */
export async function readMounts(): Promise<Mount[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Reads the text of a `mountinfo` file; lines it does not understand are left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ', 2);
    const [id, , device, root, mountpoint, mountOptions] = left.split(' ');
    const [type, source, superOptions] = right.split(' ');
    if (!id || !device || !root || !mountpoint || !mountOptions || !type || source === undefined) return [];
    return {
      id,
      device,
      root: unescaped(root),
      mountpoint: unescaped(mountpoint),
      type,
      source: unescaped(source),
      options: new Set([...mountOptions.split(','), ...(superOptions ?? '').split(',')]),
    };
  });
}

/** The mount that a path lies in: of those whose mountpoint is a parent of it, the last one of the longest. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.mountpoint === '/' ? '/' : `${mount.mountpoint}/`;
    if (path !== mount.mountpoint && !path.startsWith(prefix)) continue;
    if (best === undefined || mount.mountpoint.length >= best.mountpoint.length) best = mount;
  }
  return best;
}

/** Linux' device number, as `stat` gives it, in the form `major:minor` of the mount table. */
export function deviceNumber(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${String(major)}:${String(minor)}`;
}

/** Blank, tab, newline and backslash are written as three octal digits. */
const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
