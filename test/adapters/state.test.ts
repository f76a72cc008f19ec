import { chmod, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { State, stateRoot } from '../../src/adapters/state.js';
import type { FtsError } from '../../src/domain/failures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const Thing = z.object({ name: z.string(), size: z.number() });
const FILE = 'jobs/save.json';
const isRoot = process.getuid?.() === 0;

let state: State;
beforeEach(async () => {
  state = new State(join(await temporaryFolder(), 'state'), 'testbed');
});

describe('a record', () => {
  it('is read as it was written', async () => {
    await state.write(FILE, { name: 'flux', size: 3, more: 'of a later release' });
    expect(await state.read(FILE, Thing)).toEqual({ name: 'flux', size: 3 });
  });

  it('that was never written, or removed, is none', async () => {
    expect(await state.read(FILE, Thing)).toBeUndefined();
    await state.write(FILE, { name: 'flux', size: 3 });
    await state.remove(FILE);
    await state.remove(FILE);
    expect(await state.read(FILE, Thing)).toBeUndefined();
  });

  it('and its folders are for their owner only', async () => {
    const umask = process.umask(0);
    try {
      await state.write(FILE, { name: 'flux', size: 3 });
      const modes = await Promise.all(
        [FILE, 'jobs', '.', '..'].map(async (path) => (await stat(state.path(path))).mode & 0o777),
      );
      expect(modes).toEqual([0o600, 0o700, 0o700, 0o700]);
    } finally {
      process.umask(umask);
    }
  });

  it('stays that way when it is replaced', async () => {
    await state.write(FILE, { name: 'flux', size: 3 });
    await chmod(state.path(FILE), 0o644);
    await state.write(FILE, { name: 'flux', size: 4 });
    expect((await stat(state.path(FILE))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['empty', '', 'it is empty'],
    ['cut off', '{"name":"fl', 'JSON'],
    ['garbage', Buffer.from([0, 0xff, 0xfe, 0x7b, 0]), 'JSON'],
    ['of another shape', '{"name":"flux","size":"big"}', 'size'],
    ['another thing altogether', 'null', 'not an object'],
    ['a list', '[{"name":"flux","size":3}]', 'not an object'],
    [
      'of another job',
      '{"name":"flux","size":3,"record":"testbed/jobs/other.json"}',
      'testbed/jobs/other.json',
    ],
    ['of another estate', '{"name":"flux","size":3,"record":"home/jobs/save.json"}', 'home/jobs/save.json'],
  ])('that is %s is StateCorrupt, naming file and trouble, and stays as it is', async (_, content, found) => {
    await mkdir(dirname(state.path(FILE)), { recursive: true });
    await writeFile(state.path(FILE), content);
    await expectDamage(found);
    expect(await readFile(state.path(FILE))).toEqual(Buffer.from(content));
  });

  it('that is no file of its own is StateCorrupt, and nobody waits for it', async () => {
    const file = state.path(FILE);
    await state.write('jobs/other.json', { name: 'flux', size: 3 });
    const things: [() => Promise<unknown>, string][] = [
      [() => mkdir(file), 'no regular file'],
      [() => execa('mkfifo', [file]), 'no regular file'],
      [() => symlink('other.json', file), 'a link'],
      [() => symlink('nowhere', file), 'a link'],
    ];
    for (const [make, found] of things) {
      await make();
      await expectDamage(found);
      await rm(file, { recursive: true });
    }
  });

  it.skipIf(isRoot)('that may not be read is StateCorrupt', async () => {
    await state.write(FILE, { name: 'flux', size: 3 });
    await chmod(state.path(FILE), 0);
    await expectDamage('permission denied');
  });

  it('of an earlier release, which did not say whose it is, is read', async () => {
    await mkdir(dirname(state.path(FILE)), { recursive: true });
    await writeFile(state.path(FILE), '{"name":"flux","size":3}');
    expect(await state.read(FILE, Thing)).toEqual({ name: 'flux', size: 3 });
  });

  it('that can be made anew counts as none when it is damaged, and is told of', async () => {
    const told: string[] = [];
    const telling = new State(join(state.path(), '..'), 'testbed', ({ message }) => told.push(message));
    expect(await telling.readRenewable(FILE, Thing)).toBeUndefined();
    expect(told).toEqual([]);
    await mkdir(dirname(state.path(FILE)), { recursive: true });
    await writeFile(state.path(FILE), '{');
    expect(await telling.readRenewable(FILE, Thing)).toBeUndefined();
    expect(told).toEqual([expect.stringContaining(state.path(FILE))]);
  });
});

/** The record is refused for that reason, with a command to run. */
async function expectDamage(found: string): Promise<void> {
  const damage = await state.read(FILE, Thing).catch((error: unknown) => error);
  expect(damage).toMatchObject({ type: 'StateCorrupt' });
  const { message, hint } = damage as FtsError;
  expect(message).toContain(state.path(FILE));
  expect(message).toContain(found);
  expect(hint).toContain(`mv ${state.path(FILE)} ${state.path(FILE)}.damaged`);
}

describe('writing', () => {
  it('shows a reader the old record or a new one, with many writers at once, and leaves nothing else', async () => {
    await state.write(FILE, { name: 'x', size: 0 });
    let writing = true;
    const readers = Array.from({ length: 4 }, async () => {
      const seen = new Set<number>();
      while (writing) {
        const record = await state.read(FILE, Thing);
        expect(record?.name).toHaveLength((record?.size ?? 0) * 1000 + 1);
        seen.add(record?.size ?? -1);
      }
      return seen.size;
    });
    const writers = Array.from({ length: 40 }, (_, size) =>
      state.write(FILE, { name: 'x'.repeat(size * 1000 + 1), size }),
    );
    await Promise.all(writers);
    writing = false;
    await Promise.all(readers);
    expect(await readdir(state.path('jobs'))).toEqual(['save.json']);
  });

  it('that fails leaves the old record and no draft', async () => {
    await state.write(FILE, { name: 'flux', size: 3 });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    await expect(state.write(FILE, circle)).rejects.toThrow(TypeError);
    await mkdir(state.path('jobs/folder.json/in-the-way'), { recursive: true });
    await expect(state.write('jobs/folder.json', {})).rejects.toMatchObject({
      type: 'StateCorrupt',
      message: expect.stringContaining(
        `${state.path('jobs/folder.json')} cannot be used: a folder`,
      ) as string,
    });
    await expect(state.remove('jobs/folder.json')).rejects.toMatchObject({ type: 'StateCorrupt' });
    await writeFile(state.path('plans'), 'a file');
    await expect(state.write('plans/copy.json', {})).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await state.read(FILE, Thing)).toEqual({ name: 'flux', size: 3 });
    expect((await readdir(state.path('jobs'))).sort()).toEqual(['folder.json', 'save.json']);
  });
});

describe('the folder of all state', () => {
  it.each([
    ['what FTS_STATE_DIR says', { FTS_STATE_DIR: '/srv/fts', XDG_STATE_HOME: '/xdg' }, '/srv/fts'],
    [
      'not what an empty FTS_STATE_DIR says',
      { FTS_STATE_DIR: '', XDG_STATE_HOME: '/xdg' },
      isRoot ? '/var/lib/fts' : '/xdg/fts',
    ],
    [
      'for root below /var/lib, else in the home folder',
      {},
      isRoot ? '/var/lib/fts' : join(homedir(), '.local/state/fts'),
    ],
  ])('is %s', (_, environment, folder) => {
    expect(stateRoot(environment)).toBe(folder);
  });

  it('needs no entry in the password file for the user', () => {
    const uid = vi.spyOn(process, 'getuid').mockReturnValue(54_321);
    expect(stateRoot({ XDG_STATE_HOME: '/xdg' })).toBe('/xdg/fts');
    uid.mockReturnValue(0);
    expect(stateRoot({ XDG_STATE_HOME: '/xdg' })).toBe('/var/lib/fts');
    uid.mockRestore();
  });

  it('has one folder for each estate', () => {
    expect(new State('/srv/fts', 'testbed').path('jobs', 'save.json')).toBe(
      '/srv/fts/testbed/jobs/save.json',
    );
  });
});
