import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { type LoopDevice, canMount, makeLoopDevice, shutDown } from '../support/loop-device.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let estate: GraduationEstate;
let disk: LoopDevice;

beforeEach(async () => {
  if (!canMount) return;
  disk = await makeLoopDevice(join(await temporaryFolder(), 'image'), 'flux');
  estate = await makeGraduationEstate({}, async (folder) => {
    await mkdir(join(folder, 'flux'));
    await disk.mount(join(folder, 'flux'));
  });
});
afterEach(async () => {
  if (!canMount) return;
  await disk.remove();
  await estate.remove();
});

it.runIf(canMount)(
  'a disk that dies under a source is told as that, and not as a copy that went wrong',
  async () => {
    const project = await estate.project('thesis');
    await execa('truncate', ['--size=2M', join(project, 'holes')]); // nobody has read it before it is compared
    const onStep = (step: string): Promise<void> =>
      step === 'copied' ? shutDown(join(estate.folder, 'flux')) : Promise.resolve();
    await expect(estate.graduate({ onStep })).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      message: expect.stringContaining('flux') as string,
    });
    expect(await readdir(estate.projects)).toEqual([]);
  },
);
