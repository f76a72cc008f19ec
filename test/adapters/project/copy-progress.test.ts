import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyProject } from '../../../src/adapters/project/copy.js';
import { inFolder } from '../../../src/adapters/project/look.js';

const BYTES = 256 * 1024 ** 2;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-copy-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('a copy tells how far it is', async () => {
  const [source, copy] = [join(folder, 'source'), join(folder, 'copy')];
  await mkdir(source);
  await writeFile(join(source, 'big'), Buffer.alloc(BYTES, 'x'));
  const told: number[] = [];
  await inFolder(source, (open) =>
    copyProject(open, copy, { onWritten: (bytes) => told.push(bytes), lookEveryMs: 1 }),
  );
  expect(told.some((bytes) => bytes > 0 && bytes <= BYTES)).toBe(true);
  expect((await readFile(join(copy, 'big'))).equals(await readFile(join(source, 'big')))).toBe(true);
});
