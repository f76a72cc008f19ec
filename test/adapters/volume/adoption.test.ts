import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, type LoopDevice, makeLoopDevice } from '../../support/loop-device.js';
import { makeVolumeEstate, type VolumeEstate } from '../../support/volume-estate.js';

// Needs root, loop devices and mkfs.ext4; skipped, and reported as such, where they are not to be had.
describe.runIf(canMount)('adopting a mounted filesystem', () => {
  let test: VolumeEstate;
  let disk: LoopDevice;
  beforeEach(async () => {
    test = await makeVolumeEstate({ volume: { filesystem: 'ext4', label: 'flux', directories: ['active'] } });
    await mkdir(test.mountpoint);
    disk = await makeLoopDevice(join(test.folder, 'flux.img'), 'flux');
  });
  afterEach(async () => {
    await disk.remove();
    await test.remove();
  });

  it('writes folders, a sentinel with its UUID and the record, and nothing the second time', async () => {
    await disk.mount(test.mountpoint);
    expect(await test.provision()).toMatchObject({
      filesystemUuid: disk.uuid,
      created: true,
      directories: { made: ['active'], present: [] },
      notes: [],
    });
    expect(await test.readSentinel()).toMatchObject({ filesystemUuid: disk.uuid });
    const before = await test.everything();
    expect(await test.provision()).toMatchObject({
      created: false,
      directories: { made: [], present: ['active'] },
    });
    expect(await test.everything()).toEqual(before);
  });

  it('refuses one that is not mounted, says how to make one by hand, and leaves the mountpoint empty', async () => {
    await expect(test.provision()).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      hint: expect.stringContaining(`mkfs.ext4 -L flux DEVICE, mount DEVICE ${test.mountpoint}`) as string,
    });
    expect(await readdir(test.mountpoint)).toEqual([]);
  });

  it('refuses one with another label', async () => {
    await execa('tune2fs', ['-L', 'time', disk.device]);
    await disk.mount(test.mountpoint);
    await expect(test.provision()).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      message: expect.stringContaining('is labelled time, and label flux is declared') as string,
    });
    expect(await readdir(test.mountpoint)).toEqual(['lost+found']);
  });

  it('refuses one that is mounted read-only', async () => {
    await disk.mount(test.mountpoint, 'ro');
    await expect(test.provision()).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      message: `volume flux at ${test.mountpoint} is read-only: it is mounted read-only`,
    });
  });

  it('takes a copy on a new disk when the operator asks, with a sentinel of its own, and says so', async () => {
    await disk.mount(test.mountpoint);
    await test.provision();
    const copy = join(test.folder, 'copy');
    await cp(test.mountpoint, copy, { recursive: true });
    await disk.remove();
    disk = await makeLoopDevice(join(test.folder, 'new.img'), 'flux');
    await disk.mount(test.mountpoint);
    await cp(copy, test.mountpoint, { recursive: true });
    const { created, notes } = await test.provision();
    expect(created).toBe(true);
    expect(notes.join()).toContain(`written anew for ${disk.uuid}`);
    expect(await test.guard.inspect('flux', { write: true })).toMatchObject({ state: 'healthy' });
  });
});
