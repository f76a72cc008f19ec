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

/** An ext4 filesystem in a file, attached to a loop device. */
export interface LoopDevice {
  device: string;
  uuid: string;
  mount(mountpoint: string, options?: string): Promise<void>;
  /** Takes its blocks away under the mounted filesystem, as a pulled cable does. */
  loseCapacity(): Promise<void>;
  /** Ends all its mounts and detaches it. */
  remove(): Promise<void>;
}

export async function makeLoopDevice(image: string, label: string): Promise<LoopDevice> {
  await writeFile(image, '');
  await truncate(image, 16 * 1024 ** 2);
  await execa('mkfs.ext4', ['-q', '-m', '0', '-L', label, image]);
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
