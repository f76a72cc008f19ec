import { access, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { deviceNumber, mountOf, readMounts } from './mountinfo.js';

/** What a volume is made of. */
export interface VolumeOnDisk {
  /** Absolute. */
  root: string;
  /** It has a filesystem of its own, which is to be mounted at its root. */
  isMount: boolean;
}

/** Whether two volumes of this machine lie on one disk, so that both are lost with it. What cannot be seen counts as no. */
export async function shareDisk(one: VolumeOnDisk, other: VolumeOnDisk): Promise<boolean> {
  const [mine, theirs] = await Promise.all([disksOf(one), disksOf(other)]);
  return mine.some((disk) => theirs.includes(disk));
}

/** Names of the disks, and the number of the filesystem; empty for a volume that is not mounted. */
async function disksOf({ root, isMount }: VolumeOnDisk): Promise<string[]> {
  try {
    const real = await realpath(root);
    const device = deviceNumber((await stat(real, { bigint: true })).dev);
    if (process.platform !== 'linux') return [device];
    const mount = mountOf(await readMounts(), real);
    if (isMount && mount?.mountpoint !== real) return [];
    return [
      device,
      ...(mount?.source.startsWith('/dev/') ? await physical(basename(await realpath(mount.source))) : []),
    ];
  } catch {
    return []; // not there, or not ours to look at
  }
}

/** The disks below a block device: of a partition its disk, of LVM, RAID and encryption what they lie on. */
async function physical(device: string): Promise<string[]> {
  const folder = await realpath(`/sys/class/block/${device}`);
  const below = await readdir(`${folder}/slaves`).catch((): string[] => []);
  if (below.length > 0) return (await Promise.all(below.map(physical))).flat();
  const isPartition = await access(`${folder}/partition`).then(
    () => true,
    () => false,
  );
  return [isPartition ? basename(dirname(folder)) : device];
}
