import { createHash } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Memory, rememberedEstate } from '../../src/cli/remembered-estate.js';
import { loadEstate } from '../../src/estate/load.js';
import { SMALL, temporaryFolder } from '../estate/sandbox.js';

const EXAMPLE = join(import.meta.dirname, '../../examples/miket.yaml');
const NOBODY = 65534;

let folder: string;
let estateFile: string;
let memory: Memory;
let kept: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  estateFile = join(folder, 'estate.yaml');
  memory = { program: 'this', environment: { XDG_CACHE_HOME: join(folder, 'cache') }, now: Date.now() };
  kept = join(folder, 'cache', 'fts', 'estate.json');
  await writeFile(estateFile, SMALL);
});

const nameOf = async (changed: Partial<Memory> = {}, file = estateFile): Promise<string> =>
  (await rememberedEstate(file, { ...memory, ...changed })).estate.estate;

/** What is kept, as this user's program would have written it, but for the name of another estate. */
async function plant(): Promise<void> {
  await nameOf();
  const [key = '', , content = ''] = (await readFile(kept, 'utf8')).split('\n');
  const planted = content.replace(/"estate":"[^"]*"/, '"estate":"planted"');
  await writeFile(kept, [key, createHash('sha256').update(planted).digest('hex'), planted].join('\n'));
}

describe('an estate that was checked before', () => {
  it('is not checked again while its text is the same', async () => {
    await plant();
    expect(await nameOf()).toBe('planted');
  });

  it.each([EXAMPLE, 'small'])('is what checking it gives: %s', async (file) => {
    const named = file === 'small' ? estateFile : file;
    const checked = await loadEstate(named);
    expect(await rememberedEstate(named, memory)).toEqual(checked);
    await access(kept);
    expect(await rememberedEstate(named, memory)).toEqual(checked);
  });

  it('is checked again when its text changed within the same second, to one of the same size', async () => {
    const { mtime } = await stat(estateFile);
    await plant();
    await writeFile(estateFile, SMALL.replace(/^estate: (\w)\w/m, 'estate: $1z'));
    await utimes(estateFile, mtime, mtime);
    expect((await stat(estateFile)).size).toBe(SMALL.length);
    expect(await nameOf()).toBe((await loadEstate(estateFile)).estate.estate);
  });

  it('is refused as ever when it became wrong, and that is not kept', async () => {
    await plant();
    await writeFile(estateFile, `${SMALL}\nunknown: 1\n`);
    await expect(nameOf()).rejects.toThrow('unknown');
    await writeFile(estateFile, SMALL);
    expect(await nameOf()).toBe('planted');
  });

  it.each<[string, () => Partial<Memory>]>([
    ['by another program', () => ({ program: 'another' })],
    ['yesterday', () => ({ now: memory.now + 24 * 3600 * 1000 })],
    ['by a program that does not know which it is', () => ({ program: undefined })],
    ['for another user', () => ({ environment: { HOME: join(folder, 'other') } })],
  ])('is checked again if that was %s', async (_, changed) => {
    const { estate } = await loadEstate(estateFile);
    await plant();
    expect(await nameOf(changed())).toBe(estate.estate);
  });

  it('is checked again in another folder, where its paths mean something else', async () => {
    await plant();
    const other = join(await temporaryFolder(), 'estate.yaml');
    await copyFile(estateFile, other);
    expect(await nameOf({}, other)).not.toBe('planted');
  });

  it('is checked again when its link leads to another folder', async () => {
    const [other, named] = [join(await temporaryFolder(), 'estate.yaml'), join(folder, 'link')];
    await copyFile(estateFile, other);
    await rename(estateFile, join(folder, 'first.yaml'));
    await symlink(join(folder, 'first.yaml'), named);
    estateFile = named;
    await plant();
    expect(await nameOf()).toBe('planted');
    await rm(named);
    await symlink(other, named);
    expect(await nameOf()).not.toBe('planted');
  });
});

describe('what is kept of an estate is not used', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['was edited', async () => writeFile(kept, (await readFile(kept, 'utf8')).replace('planted', 'edited_'))],
    ['was cut off', async () => truncate(kept, (await stat(kept)).size - 1)],
    ['is empty', () => truncate(kept, 0)],
    ['is larger than any estate', () => truncate(kept, 9 * 1024 * 1024)],
    ['others may read', () => chmod(kept, 0o644)],
    ['others may write', () => chmod(kept, 0o620)],
    ['lies where others may write', () => chmod(join(kept, '..'), 0o770)],
    ['lies below where others may write', () => chmod(join(kept, '..', '..'), 0o777)],
    [
      'is a link',
      async () => {
        await rename(kept, join(folder, 'elsewhere'));
        await symlink(join(folder, 'elsewhere'), kept);
      },
    ],
    ['has a second name', () => link(kept, join(folder, 'second'))],
    [
      'lies behind a link',
      async () => {
        await rename(join(kept, '..'), join(folder, 'elsewhere'));
        await symlink(join(folder, 'elsewhere'), join(kept, '..'));
      },
    ],
    [
      'is a FIFO',
      async () => {
        await rename(kept, join(folder, 'elsewhere'));
        execFileSync('mkfifo', ['-m', '600', kept]);
      },
    ],
    [
      'is a folder',
      async () => {
        await rename(kept, join(folder, 'elsewhere'));
        await mkdir(kept);
      },
    ],
  ])('when it %s', async (_, spoil) => {
    const { estate } = await loadEstate(estateFile);
    await plant();
    await spoil();
    expect(await nameOf()).toBe(estate.estate);
  });

  it.runIf(process.getuid?.() === 0).each(['.', '..', '../..'])(
    'when it is somebody else’s (%s)',
    async (place) => {
      const { estate } = await loadEstate(estateFile);
      await plant();
      await chown(join(kept, place), NOBODY, NOBODY);
      const before = await readFile(kept, 'utf8');
      expect(await nameOf()).toBe(estate.estate);
      if (place !== '.') expect(await readFile(kept, 'utf8')).toBe(before);
    },
  );
});

it('an estate loads where nothing can be kept, and leaves nothing behind', async () => {
  await mkdir(join(folder, 'cache'));
  await writeFile(join(folder, 'cache', 'fts'), '');
  expect(await nameOf()).toBe((await loadEstate(estateFile)).estate.estate);
  expect(await readFile(join(folder, 'cache', 'fts'), 'utf8')).toBe('');
});

it('what is kept can be read by its user alone', async () => {
  await nameOf();
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  expect((await stat(join(kept, '..'))).mode & 0o777).toBe(0o700);
});
