import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { State, isErrno, stateRoot } from '../../src/adapters/state.js';
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
    ['empty', '', 'JSON'],
    ['cut off', '{"name":"fl', 'JSON'],
    ['of another shape', '{"name":"flux","size":"big"}', 'size'],
    ['another thing altogether', 'null', 'expected object'],
  ])('that is %s is StateCorrupt, naming file and trouble, and stays as it is', async (_, text, found) => {
    await mkdir(dirname(state.path(FILE)), { recursive: true });
    await writeFile(state.path(FILE), text);
    await expect(state.read(FILE, Thing)).rejects.toMatchObject({
      type: 'StateCorrupt',
      hint: expect.anything() as unknown,
    });
    await expect(state.read(FILE, Thing)).rejects.toThrow(state.path(FILE));
    await expect(state.read(FILE, Thing)).rejects.toThrow(found);
    expect(await readFile(state.path(FILE), 'utf8')).toBe(text);
  });

  it('that is no file is StateCorrupt', async () => {
    await mkdir(state.path(FILE), { recursive: true });
    await expect(state.read(FILE, Thing)).rejects.toMatchObject({ type: 'StateCorrupt' });
  });
});

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
    await expect(state.write('jobs/folder.json', {})).rejects.toSatisfy((error) =>
      isErrno(error, 'EISDIR', 'ENOTEMPTY', 'EEXIST'),
    );
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
