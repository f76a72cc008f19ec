import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import { FtsError } from '../../src/domain/failures.js';
import { loadEstate } from '../../src/estate/load.js';
import { type LoopDevice, canMount, makeLoopDevice } from '../support/loop-device.js';
import { type RebuildRun, rebuildSteps } from '../support/rebuild-steps.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';

const ASKED = { estate: 'testbed', volume: 'flux' };
const isOwn = (name: string): boolean => name.startsWith('.fts') || name === 'lost+found';

let bed: RestoreEstate;
let disk: LoopDevice;
beforeEach(async (context) => {
  if (!canMount) context.skip();
  bed = await makeRestoreEstate();
  await rm(bed.thesis, { recursive: true });
  await rm(join(bed.flux, 'active'), { recursive: true });
  for (const name of ['one', 'other']) {
    await mkdir(join(bed.flux, name));
    await writeFile(join(bed.flux, name, 'data'), randomBytes(3_000_000));
  }
  await bed.backup();
  await rm(bed.flux, { recursive: true });
  await mkdir(bed.flux);
  disk = await makeLoopDevice(join(bed.folder, 'disk'), 'flux');
  await disk.mount(bed.flux);
  await provisionVolume({ state: bed.state, loaded: await loadEstate(bed.file), volume: 'flux' });
});
afterEach(async () => {
  if (!canMount) return;
  await disk.remove();
  await bed.remove();
});

const rebuild = async (runId: string, run: RebuildRun = {}) =>
  (await rebuildSteps(bed, run)).rebuild(ASKED, runId);

const filler = () => join(bed.flux, 'filler');

/** Leaves about that many bytes on the disk. */
async function fill(left: number): Promise<void> {
  const { bavail, bsize } = await statfs(bed.flux);
  const file = await open(filler(), 'w');
  for (let room = bavail * bsize - left; room > 0; room -= 65_536)
    await file.write(Buffer.alloc(Math.min(room, 65_536))).catch(() => undefined);
  await file.sync().catch(() => undefined);
  await file.close();
}

const there = async (): Promise<string[]> => (await readdir(bed.flux)).filter((name) => !isOwn(name)).sort();

describe('a rebuild for which the disk is too small', () => {
  it('is refused before it begins', async () => {
    await fill(2_000_000);
    const plan = (await rebuildSteps(bed)).plan(ASKED);
    await expect(plan).rejects.toMatchObject({ type: 'DestinationFull', nonRetryable: true });
    expect(await there()).toEqual(['filler']);
  });

  it('in its middle says so, shows nothing by half, and goes on when there is room', async () => {
    const interrupted = rebuild('run-1', {
      onStep: (step) => {
        if (step === 'staging-made') throw new FtsError('VolumeUnavailable', 'broken off');
      },
    });
    await expect(interrupted).rejects.toThrow('broken off');
    await fill(1_000_000); // restic itself is to meet the end of the disk
    await expect(rebuild('run-1')).rejects.toMatchObject({
      type: 'DestinationFull',
      message: expect.stringContaining('no space left on device') as string,
    });
    expect(await there()).toEqual(['filler']);
    await rm(filler());
    const result = await rebuild('run-2');
    expect(result).toMatchObject({ parts: { count: 2, done: 2, failed: [] }, verified: { files: 2 } });
    expect(await there()).toEqual(['one', 'other']);
    expect(await bed.staged()).toEqual([]);
  });
});
