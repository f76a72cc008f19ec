import { execa } from 'execa';
import { chmod, cp, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { State } from '../../../src/adapters/state.js';
import { createVolumeGuard } from '../../../src/adapters/volume/guard.js';
import { makeVolumeEstate, type VolumeEstate } from '../../support/volume-estate.js';

const READ = { write: false };
const WRITE = { write: true };

let test: VolumeEstate;
beforeEach(async () => {
  test = await makeVolumeEstate();
  await test.provision();
});
afterEach(() => test.remove());

describe('a directory volume', () => {
  it('is healthy once provisioned, and the look leaves nothing behind', async () => {
    const before = await readdir(test.mountpoint, { recursive: true });
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition).toMatchObject({
      volume: 'flux',
      host: 'here',
      state: 'healthy',
      mountpoint: test.mountpoint,
    });
    expect(condition.freeBytes).toBeGreaterThan(0);
    expect(condition.totalBytes).toBeGreaterThanOrEqual(condition.freeBytes ?? 0);
    expect(await readdir(test.mountpoint, { recursive: true })).toEqual(before);
    expect((await test.guard.inspect('flux', READ)).identity).toBe(condition.identity);
  });

  it('answers for several looks at once', async () => {
    const looks = await Promise.all(Array.from({ length: 6 }, () => test.guard.inspect('flux', WRITE)));
    expect(looks.map(({ state }) => state)).toEqual(Array(6).fill('healthy'));
    expect(await readdir(join(test.mountpoint, '.fts'))).toEqual([]);
  });

  it('is told, when its folder is gone, what helps to begin anew', async () => {
    await rm(test.mountpoint, { recursive: true });
    const { hint } = await test.guard.inspect('flux', READ);
    expect(hint).toContain(`mkdir -p ${test.mountpoint}, then \`fts provision flux\``);
    await expect(test.provision()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    await mkdir(test.mountpoint);
    await test.provision();
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('is missing when its folder is gone', async () => {
    await rename(test.mountpoint, `${test.mountpoint}.away`);
    expect(await test.guard.inspect('flux', READ)).toMatchObject({
      state: 'missing',
      found: 'the folder does not exist',
    });
  });

  it('is wrong when its folder is a link, even to itself', async () => {
    await rename(test.mountpoint, `${test.mountpoint}.real`);
    await symlink(`${test.mountpoint}.real`, test.mountpoint);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({
      state: 'wrong',
      found: 'the folder: it is a symbolic link',
    });
  });

  it('is wrong when a copy stands in its place, sentinel and all, and the copy is not written into', async () => {
    await rename(test.mountpoint, `${test.mountpoint}.original`);
    await cp(`${test.mountpoint}.original`, test.mountpoint, { recursive: true, preserveTimestamps: true });
    const before = await lstat(join(test.mountpoint, '.fts'), { bigint: true });
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition).toMatchObject({ state: 'wrong' });
    expect(condition.found).toContain('it is another folder');
    expect(condition.hint).toContain('fts provision flux');
    expect(await lstat(join(test.mountpoint, '.fts'), { bigint: true })).toEqual(before);
  });

  it('is wrong when its own folder is a link, and nothing is written through it', async () => {
    const elsewhere = join(test.folder, 'elsewhere');
    await mkdir(elsewhere);
    const before = await lstat(elsewhere, { bigint: true });
    await rm(join(test.mountpoint, '.fts'), { recursive: true });
    await symlink(elsewhere, join(test.mountpoint, '.fts'));
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'wrong' });
    expect(await lstat(elsewhere, { bigint: true })).toEqual(before);
  });

  it.skipIf(process.getuid?.() === 0)('is read-only when the user may not write in it', async () => {
    await chmod(join(test.mountpoint, '.fts'), 0o500);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'read-only' });
  });

  it('is unknown to nobody who asks for another', async () => {
    await expect(test.guard.inspect('flax', READ)).rejects.toMatchObject({ type: 'UnknownVolume' });
    await expect(test.guard.inspect('constructor', READ)).rejects.toMatchObject({ type: 'UnknownVolume' });
  });
});

describe('the sentinel', () => {
  const as = (change: Record<string, unknown>) => async (): Promise<void> => {
    await writeFile(test.sentinel, JSON.stringify({ ...(await test.readSentinel()), ...change }));
  };
  const replacedBy = (replace: () => Promise<unknown>) => async (): Promise<void> => {
    await rm(test.sentinel);
    await replace();
  };
  const cases: [string, () => Promise<void>, string][] = [
    ['missing', () => rm(test.sentinel), 'it has no sentinel .fts-volume'],
    [
      'another volume’s',
      as({ volume: 'space' }),
      'belongs to volume space of estate testbed, not to volume flux',
    ],
    ['another estate’s', as({ estate: 'other\n' }), 'belongs to volume flux of estate other\\x0a, not to'],
    [
      'made for a filesystem',
      as({ filesystemUuid: '12-34' }),
      'was made for filesystem 12-34, and this is a plain',
    ],
    [
      'older',
      as({ created: '2001-01-01T00:00:00Z' }),
      'dates from 2001-01-01T00:00:00Z, and the one this host',
    ],
    ['without an estate', as({ estate: undefined }), 'is damaged'],
    ['not JSON', () => writeFile(test.sentinel, '{"estate":'), 'is damaged'],
    ['JSON of another kind', () => writeFile(test.sentinel, 'null'), 'is damaged'],
    ['empty', () => writeFile(test.sentinel, ''), 'is damaged'],
    ['huge', () => writeFile(test.sentinel, Buffer.alloc(10_000_000, ' ')), 'is 10000000 bytes long'],
    [
      'a link to a valid one',
      async () => {
        await rename(test.sentinel, join(test.folder, 'valid'));
        await symlink(join(test.folder, 'valid'), test.sentinel);
      },
      'is a symbolic link',
    ],
    ['a FIFO', replacedBy(() => execa('mkfifo', [test.sentinel])), 'is not a regular file'],
    ['a folder', replacedBy(() => mkdir(test.sentinel)), 'is not a regular file'],
  ];

  it.each(cases)('that is %s makes the volume wrong, and nothing is written', async (_, change, found) => {
    await change();
    const before = await lstat(join(test.mountpoint, '.fts'), { bigint: true });
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition.state).toBe('wrong');
    expect(condition.found).toContain(found);
    expect(await lstat(join(test.mountpoint, '.fts'), { bigint: true })).toEqual(before);
  });
});

describe("the host's record", () => {
  it('is needed beside the sentinel', async () => {
    await test.state.remove('volumes/flux.json');
    const condition = await test.guard.inspect('flux', WRITE);
    expect(condition).toMatchObject({ state: 'wrong', hint: 'run `fts provision flux`' });
    expect(condition.found).toContain('this host has no record of it');
  });

  it('is not guessed at when it is damaged', async () => {
    await writeFile(test.state.path('volumes/flux.json'), '{}');
    expect(await test.guard.inspect('flux', READ)).toMatchObject({ state: 'unknown' });
    await expect(test.guard.require('flux')).rejects.toMatchObject({ type: 'StateCorrupt' });
  });
});

describe('require', () => {
  /** Each look begins with the record: counts the looks, and lets something happen before one of them. */
  class LookCounter extends State {
    looks = 0;
    constructor(private readonly before: Record<number, () => Promise<void>> = {}) {
      super(join(test.folder, 'state'), 'testbed');
    }
    override async read<T>(relative: string, schema: z.ZodType<T>): Promise<T | undefined> {
      this.looks += 1;
      await this.before[this.looks]?.();
      return super.read(relative, schema);
    }
  }
  const guardWith = (state: State, retryDelaysMs = [0, 0]) =>
    createVolumeGuard({ state, loaded: test.loaded, retryDelaysMs });

  it('answers for a healthy volume at once', async () => {
    const state = new LookCounter();
    expect(await guardWith(state).require('flux')).toMatchObject({ state: 'healthy' });
    expect(state.looks).toBe(1);
  });

  it('looks three times at a volume that may heal, then names volume, place and what it found', async () => {
    await rename(test.mountpoint, `${test.mountpoint}.away`);
    const state = new LookCounter();
    await expect(guardWith(state).require('flux')).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      message: `volume flux at ${test.mountpoint} is missing: the folder does not exist`,
    });
    expect(state.looks).toBe(3);
  });

  it('takes a volume that healed meanwhile', async () => {
    await rename(test.mountpoint, `${test.mountpoint}.away`);
    const state = new LookCounter({ 3: () => rename(`${test.mountpoint}.away`, test.mountpoint) });
    expect(await guardWith(state).require('flux')).toMatchObject({ state: 'healthy' });
  });

  it('does not wait for a wrong volume to become right', async () => {
    await rm(test.sentinel);
    const state = new LookCounter();
    await expect(guardWith(state).require('flux')).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    expect(state.looks).toBe(1);
  });

  it('stops waiting when it is told to', async () => {
    const controller = new AbortController();
    await rename(test.mountpoint, `${test.mountpoint}.away`);
    const state = new LookCounter({
      1: () => {
        controller.abort();
        return Promise.resolve();
      },
    });
    const required = guardWith(state, [3_600_000]).require('flux', { signal: controller.signal });
    await expect(required).rejects.toMatchObject({ name: 'AbortError' });
  });
});
