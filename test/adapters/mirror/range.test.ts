import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type MirrorBed, mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

const LARGE = 20 * 1024 ** 2;

let bed: MirrorBed;
let work: Awaited<ReturnType<typeof mirrorAtWork>>;
beforeEach(async () => {
  bed = await mirrorBed();
  work = await mirrorAtWork(bed);
  await bed.write({ small: 's', 'a film': '' });
  await truncate(join(bed.root, 'a film'), LARGE);
});

/** Gives the film in the remote other content of the same size and time. */
async function damage(): Promise<void> {
  const film = await open(join(bed.copy, 'a film'), 'r+');
  const { atime, mtime } = await film.stat();
  await film.writeFile(Buffer.alloc(LARGE, 'x'));
  await film.utimes(atime, mtime);
  await film.close();
}

it('a stretch of a large file is read back when it went up, and when nothing is to be done', async () => {
  const { plan } = await work.run();
  const { files, bytes } = await work.verify(plan);
  expect(files).toBe(2);
  expect(bytes).toBeGreaterThan(1024 ** 2);
  expect(bytes).toBeLessThan(LARGE);
  expect((await bed.plan()).verified).toEqual({ files: 2, bytes });
});

it('a large file that is another in the remote fails the run', async () => {
  await work.run();
  await damage();
  const plan = await bed.plan();
  expect(plan.verified).toBeUndefined();
  await expect(work.verify(plan)).rejects.toMatchObject({
    type: 'VerificationFailed',
    message: expect.stringContaining('a film') as string,
  });
  await writeFile(join(bed.root, 'a film'), 'changed since');
  expect(await work.verify(plan)).toEqual({ files: 1, bytes: 1 });
});
