import { cp, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { canMount, type LoopDevice, makeLoopDevice, shutDown } from '../../support/loop-device.js';
import { until } from '../../support/until.js';
import { makeVolumeEstate, type VolumeEstate } from '../../support/volume-estate.js';

/** How many probes of this process hang: nothing ends them before their disk answers. */
async function hangingProbes(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, what: string) => readFile(`/proc/${pid}/${what}`, 'utf8').catch(() => '');
  const probes = await Promise.all(
    pids.map(async (pid) => ({ command: await read(pid, 'cmdline'), stat: await read(pid, 'stat') })),
  );
  const isHanging = new RegExp(`\\) D ${String(process.pid)} `);
  return probes.filter(({ command, stat }) => command.includes('volume/probe') && isHanging.test(stat))
    .length;
}

const READ = { write: false };
const WRITE = { write: true };

// Needs root, loop devices and mkfs.ext4; skipped, and reported as such, where they are not to be had.
describe.runIf(canMount)('the guard of a mounted ext4 volume', () => {
  let test: VolumeEstate;
  let disk: LoopDevice;
  let others: LoopDevice[];

  beforeEach(async () => {
    test = await makeVolumeEstate({ volume: { filesystem: 'ext4', label: 'flux' }, deadlineMs: 60_000 });
    await mkdir(test.mountpoint);
    disk = await makeLoopDevice(join(test.folder, 'flux.img'), 'flux');
    others = [];
    await disk.mount(test.mountpoint);
    await test.provision();
  });
  afterEach(async () => {
    for (const device of [...others, disk]) await device.remove();
    await test.remove();
  });

  const otherDisk = async (): Promise<LoopDevice> => {
    const device = await makeLoopDevice(join(test.folder, `other${String(others.length)}.img`), 'flux');
    others.push(device);
    return device;
  };
  const umount = (): Promise<unknown> => execa('umount', [test.mountpoint]);

  it('finds it healthy', async () => {
    const condition = await test.guard.require('flux');
    expect(condition).toMatchObject({
      state: 'healthy',
      found: `ext4 on ${disk.device} answers and has its sentinel`,
    });
    expect(await readdir(join(test.mountpoint, '.fts'))).toEqual([]);
  });

  it('finds it missing when it is not mounted, and leaves the empty mountpoint empty', async () => {
    await umount();
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({
      state: 'missing',
      found: 'nothing is mounted there',
    });
    expect(await readdir(test.mountpoint)).toEqual([]);
  });

  it('is not taken in by a sentinel on the disk below an empty mountpoint', async () => {
    const copy = join(test.folder, 'copy');
    await cp(test.mountpoint, copy, { recursive: true });
    await umount();
    await cp(copy, test.mountpoint, { recursive: true });
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'missing' });
  });

  it('finds two filesystems on top of each other wrong', async () => {
    const other = await otherDisk();
    await other.mount(test.mountpoint);
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition.state).toBe('wrong');
    expect(condition.found).toContain(`on top of each other (${disk.device}, ${other.device})`);
  });

  it('finds the same filesystem mounted there twice wrong', async () => {
    await execa('mount', ['--bind', test.mountpoint, test.mountpoint]);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'wrong' });
  });

  it('finds a bind mount of a folder of it wrong', async () => {
    const elsewhere = join(test.folder, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(join(test.mountpoint, 'inner'));
    await cp(test.sentinel, join(test.mountpoint, 'inner', '.fts-volume'));
    await umount();
    await disk.mount(elsewhere);
    await execa('mount', ['--bind', join(elsewhere, 'inner'), test.mountpoint]);
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain('only the folder /inner');
  });

  it('finds another filesystem wrong although it has a copy of the sentinel, and does not write into it', async () => {
    const other = await otherDisk();
    const copy = join(test.folder, 'copy');
    await cp(test.mountpoint, copy, { recursive: true });
    await umount();
    await other.mount(test.mountpoint);
    await cp(copy, test.mountpoint, { recursive: true });
    const before = await lstat(join(test.mountpoint, '.fts'), { bigint: true });
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain(`filesystem ${other.uuid} is mounted there`);
    expect(await lstat(join(test.mountpoint, '.fts'), { bigint: true })).toEqual(before);
  });

  it('finds another type than the declared one wrong', async () => {
    const xfs = await makeVolumeEstate({ volume: { filesystem: 'xfs', mountpoint: test.mountpoint } });
    const condition = await xfs.guard.inspect('flux', WRITE);
    await xfs.remove();
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain('mounted there as ext4, and xfs is declared');
  });

  it('finds it wrong when something mounted above hides it', async () => {
    const parent = join(test.folder, 'parent');
    const hidden = await makeVolumeEstate({
      volume: { filesystem: 'ext4', mountpoint: join(parent, 'flux') },
    });
    await mkdir(join(parent, 'flux'), { recursive: true });
    await disk.mount(join(parent, 'flux'));
    await execa('mount', ['-t', 'tmpfs', 'none', parent]);
    await mkdir(join(parent, 'flux'));
    const condition = await hidden.guard.inspect('flux', WRITE);
    await execa('umount', [parent]);
    await hidden.remove();
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain('another filesystem');
  });

  it('finds it read-only when it was remounted so', async () => {
    await execa('mount', ['-o', 'remount,ro', test.mountpoint]);
    expect(await test.guard.inspect('flux', READ)).toMatchObject({
      state: 'read-only',
      found: 'it is mounted read-only',
    });
  });

  it('finds it dead when its disk is gone, however healthy `ls` and `cat` think it', async () => {
    await disk.loseCapacity();
    await test.readSentinel();
    expect(await test.guard.inspect('flux', READ)).toMatchObject({ state: 'dead' });
  });

  it('finds it dead when the kernel has shut it down', async () => {
    await shutDown(test.mountpoint);
    expect(await test.guard.inspect('flux', READ)).toMatchObject({ state: 'dead' });
    await expect(test.guard.require('flux')).rejects.toMatchObject({ type: 'VolumeUnavailable' });
  });

  it('gives up a disk that hangs, starts no second probe beside the first, and takes it again when it answers', async () => {
    const impatient = await makeVolumeEstate({
      volume: { filesystem: 'ext4', mountpoint: test.mountpoint },
      deadlineMs: 1000,
    });
    await impatient.provision();
    await execa('fsfreeze', ['--freeze', test.mountpoint]);
    try {
      const hung = { state: 'dead', found: 'its disk hangs: no answer in 1 s' };
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      const first = impatient.guard.inspect('flux', WRITE);
      await until(async () => (await hangingProbes()) === 1);
      vi.advanceTimersByTime(1000);
      expect(await first).toMatchObject(hung);
      vi.useRealTimers();
      expect(await impatient.guard.inspect('flux', WRITE)).toMatchObject(hung);
      expect(await hangingProbes()).toBe(1);
    } finally {
      await execa('fsfreeze', ['--unfreeze', test.mountpoint]);
    }
    await expect.poll(() => impatient.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
    await impatient.remove();
  });

  it('tells by the identity that it was mounted anew in the meantime', async () => {
    const { identity } = await test.guard.inspect('flux', READ);
    expect((await test.guard.inspect('flux', READ)).identity).toBe(identity);
    await umount();
    await disk.mount(test.mountpoint);
    const anew = await test.guard.inspect('flux', READ);
    expect(anew.state).toBe('healthy');
    expect(anew.identity).not.toBe(identity);
  });

  it('finds it wrong without a sentinel', async () => {
    await rm(test.sentinel);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({
      state: 'wrong',
      found: 'it has no sentinel .fts-volume',
    });
  });

  it('finds a directory volume wrong when another filesystem is mounted over its folder', async () => {
    const folder = await makeVolumeEstate();
    await folder.provision();
    const copy = join(test.folder, 'copy');
    await cp(folder.mountpoint, copy, { recursive: true });
    const other = await otherDisk();
    await other.mount(folder.mountpoint);
    await cp(copy, folder.mountpoint, { recursive: true });
    const condition = await folder.guard.inspect('flux', WRITE);
    await execa('umount', [folder.mountpoint]);
    await folder.remove();
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain('it is another folder');
  });

  it('finds it healthy although it is full', async () => {
    const filler = join(test.mountpoint, 'filler');
    for (const block of ['64k', '1k']) {
      const to = [`of=${filler}.${block}`, `bs=${block}`, 'status=none'];
      await execa('dd', ['if=/dev/zero', ...to], { reject: false });
    }
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy', freeBytes: 0 });
    expect(await readdir(join(test.mountpoint, '.fts'))).toEqual([]);
  });
});
