import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { writePrivateFile } from '../../src/adapters/private-file.js';
import { dies, moduleAt } from '../support/dying.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let file: string;
beforeEach(async () => {
  file = join(await temporaryFolder(), 'kept.age');
});

const write = (content: string, replace: boolean) =>
  writePrivateFile(file, Buffer.from(content), { replace });
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const dying = (replace: boolean): string => `
  import { writePrivateFile } from ${moduleAt('src/adapters/private-file.js')};
  await writePrivateFile(${JSON.stringify(file)}, Buffer.from('new'), { replace: ${String(replace)} });`;

it('is for its owner only, and replaces only what it is told to', async () => {
  await write('one', false);
  expect(await modeOf(file)).toBe(0o600);
  await expect(write('two', false)).rejects.toThrow('is there already');
  expect(await readFile(file, 'utf8')).toBe('one');
  await write('two', true);
  expect(await readFile(file, 'utf8')).toBe('two');
  expect(await readdir(join(file, '..'))).toEqual(['kept.age']);
});

it('says that there is no such folder', async () => {
  file = join(file, 'deeper');
  await expect(write('one', false)).rejects.toThrow('cannot be written (ENOENT)');
});

it.each([
  ['kit-drafted', true, 'old'],
  ['kit-placed', true, 'new'],
  ['kit-drafted', false, undefined],
  ['kit-placed', false, 'new'],
] as const)(
  'whose writer is killed at "%s" (replacing: %s) is the old one or the new one',
  async (at, replace, then) => {
    if (replace) await writeFile(file, 'old', { mode: 0o600 });
    await dies(dying(replace), { at });
    expect(await readFile(file, 'utf8').catch(() => undefined)).toBe(then);
    for (const name of await readdir(join(file, '..')))
      expect(await modeOf(join(file, '..', name))).toBe(0o600);
    await write('newer', true);
    expect(await readFile(file, 'utf8')).toBe('newer');
  },
);
