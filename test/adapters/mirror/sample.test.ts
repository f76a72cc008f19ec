import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

describe('a sample', () => {
  it('has old files in it, however many went up', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ old: 'as it was' });
    await work.run();
    await writeFile(join(bed.copy, 'old'), 'as it isn');
    const time = new Date('2026-01-02T03:04:05.500Z');
    await utimes(join(bed.copy, 'old'), time, time);
    await bed.write(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`new/${String(i)}`, 'x'])));
    const { plan } = await work.run();
    await expect(work.verify(plan)).rejects.toMatchObject({ type: 'VerificationFailed' });
  });
});

it('what left the source meanwhile does not count as verified, and nothing verified is a failure', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ one: '1', two: '2' });
  const { plan } = await work.run();
  expect(await work.verify(plan)).toEqual({ files: 2, bytes: 2 });
  await rm(join(bed.root, 'one'));
  expect(await work.verify(plan)).toEqual({ files: 1, bytes: 1 });
  await rm(join(bed.root, 'two'));
  await expect(work.verify(plan)).rejects.toMatchObject({ type: 'NothingToVerify' });
});
