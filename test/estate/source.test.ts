import { rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { EstateError } from '../../src/estate/load.js';
import { type EstateSource, createEstateSource } from '../../src/estate/source.js';
import { SMALL, temporaryFolder } from './sandbox.js';

let file: string;
let rejected: EstateError[];
let source: EstateSource;
beforeEach(async () => {
  file = join(await temporaryFolder(), 'estate.yaml');
  await writeFile(file, SMALL);
  rejected = [];
  source = await createEstateSource(file, (error) => rejected.push(error));
});

/** What the estate in force says of the one job. */
const keep = async (): Promise<unknown> => {
  const job = (await source.current()).estate.jobs.hourly;
  return job?.kind === 'snapshot' ? job.keep.hourly : undefined;
};

const keeping = (count: number): string => SMALL.replace('hourly: 24', `hourly: ${String(count)}`);

it('is the file as it is at this moment', async () => {
  expect(await keep()).toBe(24);
  await writeFile(file, keeping(36));
  expect(await keep()).toBe(36);
});

it('is read again when another file takes its place, of the same size and with an older time', async () => {
  const { atime, mtime } = await stat(file);
  const other = `${file}.new`;
  await writeFile(other, keeping(12));
  await utimes(other, atime, mtime);
  await rename(other, file);
  expect(await keep()).toBe(12);
});

it('is not read again as long as nothing changed', async () => {
  expect(await source.current()).toBe(await source.current());
});

it('stays the last good one when the file breaks or goes, and tells so once for each change', async () => {
  await writeFile(file, 'estate: [');
  expect([await keep(), await keep()]).toEqual([24, 24]);
  expect(rejected).toHaveLength(1);
  await rm(file);
  expect([await keep(), await keep()]).toEqual([24, 24]);
  expect(rejected).toHaveLength(2);
  expect(rejected[0]?.findings[0]).toMatchObject({ line: 1 });
  await writeFile(file, keeping(6));
  expect(await keep()).toBe(6);
});

it('is the new one for everybody who asks after the change, however many at once', async () => {
  await writeFile(file, keeping(36));
  expect(await Promise.all(Array.from({ length: 8 }, keep))).toEqual(Array.from({ length: 8 }, () => 36));
});

it('does not begin with a file that does not load', async () => {
  await writeFile(file, 'estate: [');
  await expect(createEstateSource(file, () => undefined)).rejects.toMatchObject({
    findings: expect.anything() as unknown,
  });
});
