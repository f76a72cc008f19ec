import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({ jobs: { slow: snapshotJob({ bandwidth: '4M' }) } });
});
afterEach(() => estate.remove());

it('a destination that vanishes during a backup takes restic along: nothing is written where it was', async () => {
  await save(estate);
  await writeFile(join(estate.flux, 'big'), randomBytes(40 * 1024 * 1024));
  const taking = estate
    .run(estate.activities.takeSnapshot, await estate.request('slow'))
    .catch(() => undefined);
  const locks = join(estate.repository, 'locks');
  await expect.poll(async () => (await readdir(locks)).length).toBe(1);
  await rename(estate.space, `${estate.space}.away`);
  await mkdir(estate.space); // as the mountpoint of a volume that was unmounted
  await taking;
  expect(await readdir(estate.space)).toEqual([]);
});
