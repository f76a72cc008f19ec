import { mkdir, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { shutDown } from '../support/loop-device.js';
import type { CleanUp } from './clean-up.js';

/** A small ext4 filesystem of our own, mounted, to which things can be done that no real one should see. */
export interface Disk {
  mountpoint: string;
  mount(): Promise<void>;
  /** Waits until nobody uses it any more. */
  unmount(): Promise<void>;
  /** Takes it out of sight; who has it open goes on. */
  detach(): Promise<void>;
  /** False where somebody writes just now. */
  remount(how: 'ro' | 'rw'): Promise<boolean>;
  /** As if the power were cut: from now on nothing reaches the disk, and what is in memory is lost. */
  cut(): Promise<void>;
  /** Leaves no room. */
  fill(): Promise<void>;
  drain(): Promise<void>;
}

const UNMOUNT_PATIENCE_MS = 15_000;

/** Everything whose name begins so at a root is nobody's data. */
const BALLAST = '.fts-ballast';

export async function makeDisk(mountpoint: string, bytes: number, cleanUp: CleanUp): Promise<Disk> {
  const name = basename(mountpoint);
  const image = join(dirname(mountpoint), `${name}.img`);
  cleanUp.image(image);
  cleanUp.mount(mountpoint);
  await writeFile(image, '');
  await truncate(image, bytes);
  await execa('mkfs.ext4', ['-q', '-m', '0', '-L', name, image]);
  const { stdout: device } = await execa('losetup', ['--find', '--show', image]);
  await mkdir(mountpoint);
  const mount = async (): Promise<void> => {
    await execa('mount', [device, mountpoint]);
  };
  await mount();
  const ballast = join(mountpoint, BALLAST);
  return {
    mountpoint,
    mount,
    unmount: async () => {
      for (const end = Date.now() + UNMOUNT_PATIENCE_MS; ;) {
        const { exitCode, stderr } = await execa('umount', [mountpoint], { reject: false });
        if (exitCode === 0) return;
        if (Date.now() > end) throw new Error(`${mountpoint} stays mounted: ${stderr}`);
        await sleep(100);
      }
    },
    detach: async () => {
      await execa('umount', ['--lazy', mountpoint]);
    },
    remount: async (how) =>
      (await execa('mount', ['-o', `remount,${how}`, mountpoint], { reject: false })).exitCode === 0,
    cut: () => shutDown(mountpoint),
    fill: async () => {
      const { bavail, bsize } = await statfs(mountpoint);
      await execa('fallocate', ['--length', String(bavail * bsize), ballast], { reject: false });
      // What fallocate could not take, and what is freed meanwhile.
      await execa('dd', ['if=/dev/zero', `of=${ballast}-2`, 'bs=4k'], { reject: false });
    },
    drain: async () => {
      for (const file of [ballast, `${ballast}-2`]) await rm(file, { force: true });
    },
  };
}
