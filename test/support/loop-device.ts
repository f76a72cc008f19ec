import { accessSync, constants } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { execa, execaSync } from 'execa';

/** Whether real filesystems can be made and mounted: as root, with loop devices and mkfs.ext4. */
export const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    accessSync('/dev/loop-control', constants.W_OK);
    execaSync('mkfs.ext4', ['-V']);
    return true;
  } catch {
    return false;
  }
})();

/** A filesystem in a file, attached to a loop device. */
export interface LoopDevice {
  device: string;
  uuid: string;
  mount(mountpoint: string, options?: string): Promise<void>;
  /** Takes its blocks away under the mounted filesystem, as a pulled cable does. */
  loseCapacity(): Promise<void>;
  /** Ends all its mounts and detaches it. */
  remove(): Promise<void>;
}

/** How a filesystem is made, and the size of the smallest image that is enough for it (MiB). */
const MAKERS = {
  ext4: { command: ['mkfs.ext4', '-q', '-m', '0'], size: 16 },
  xfs: { command: ['mkfs.xfs', '-q'], size: 320 },
} as const;

/** Whether `mkfs.xfs` is there. */
export const hasXfs = canMount && !execaSync('mkfs.xfs', ['-V'], { reject: false }).failed;

export async function makeLoopDevice(
  image: string,
  label: string,
  filesystem: keyof typeof MAKERS = 'ext4',
): Promise<LoopDevice> {
  const { command, size } = MAKERS[filesystem];
  const [program, ...options] = command;
  await writeFile(image, '');
  await truncate(image, size * 1024 ** 2);
  await execa(program, [...options, '-L', label, image]);
  const { stdout: device } = await execa('losetup', ['--find', '--show', image]);
  const { stdout: uuid } = await execa('blkid', ['-p', '-s', 'UUID', '-o', 'value', device]);
  return {
    device,
    uuid,
    mount: async (mountpoint, options = 'defaults') => {
      await execa('mount', ['-o', options, device, mountpoint]);
    },
    loseCapacity: async () => {
      await truncate(image, 0);
      await execa('losetup', ['--set-capacity', device]);
    },
    remove: async () => {
      const { stdout } = await execa('findmnt', ['-rno', 'TARGET', '-S', device], { reject: false });
      for (const target of stdout.split('\n').filter(Boolean)) await execa('umount', ['--lazy', target]);
      await execa('losetup', ['--detach', device]);
    },
  };
}

/** Has the kernel shut a mounted ext4 filesystem down, as it does itself after some errors. */
export async function shutDown(mountpoint: string): Promise<void> {
  const program =
    'open(F, "<", $ARGV[0]) or die; my $how = pack("I", 2); ioctl(F, 0x8004587d, $how) or die $!';
  await execa('perl', ['-e', program, mountpoint]);
}
