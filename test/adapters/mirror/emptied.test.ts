import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

it('removes the folders that its own deletions emptied, and no other empty folder', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ 'a/b/c/gone': '1', 'a/stays': '2', 'd/gone': '3', 'new\nline/e x* /gone': '4' });
  await work.run();
  for (const folder of ['theirs', 'd/theirs', 'a/theirs']) await mkdir(join(bed.copy, folder));
  for (const gone of ['a/b', 'd', 'new\nline']) await rm(join(bed.root, gone), { recursive: true });
  const { deleted } = await work.run({ limits: { deleteShare: 1 } });
  expect(deleted.files).toBe(3);
  const kept = ['a/stays', 'theirs', 'd/theirs', 'a/theirs'];
  const gone = ['a/b', 'd/gone', 'new\nline'];
  expect(kept.filter((name) => existsSync(join(bed.copy, name)))).toEqual(kept);
  expect(gone.filter((name) => existsSync(join(bed.copy, name)))).toEqual([]);
});

it('makes room for a file of the name of a folder', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ 'a/b': '1', c: '2' });
  await work.run();
  await rm(join(bed.root, 'a'), { recursive: true });
  await work.run();
  await bed.write({ a: 'a file' });
  await work.run();
  expect(existsSync(join(bed.copy, 'a'))).toBe(true);
  expect((await bed.plan()).verified).toBeDefined();
});
