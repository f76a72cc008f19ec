import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

it('a run leaves none of its lists open: the next one deletes them, and their room on the disk is free', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a/${String(i)}`, 'x'])));
  await work.run();
  await rm(join(bed.root, 'a/1'));
  await bed.write({ new: 'n', 'a/2': 'changed' });
  const { plan } = await work.run();
  await work.verify(plan);
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(open.filter((file) => file.startsWith(bed.folder))).toEqual([]);
});
