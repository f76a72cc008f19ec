import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeTool } from '../support/fake-tool.js';
import { type ResticEstate, firstRun, makeResticEstate, save } from '../support/restic-estate.js';

const RECORD = 'repositories/local.json';

let estate: ResticEstate;
let aside: string;
let path: string | undefined;

beforeEach(async () => {
  path = process.env.PATH;
  estate = await makeResticEstate();
  aside = join(estate.folder, 'aside');
});
afterEach(async () => {
  process.env.PATH = path;
  await estate.remove();
});

const record = async (): Promise<{ id?: string; replacedBy?: string }> =>
  JSON.parse(await readFile(estate.state.path(RECORD), 'utf8')) as object;
const idThere = async (): Promise<string> =>
  (JSON.parse(await estate.restic('cat', 'config')) as { id: string }).id;
const take = async () => estate.run(estate.activities.takeSnapshot, await estate.request());
const snapshots = async (): Promise<number> =>
  (JSON.parse(await estate.restic('snapshots', '--json')) as unknown[]).length;

/** Puts another repository with the same password where ours was. */
async function replace(): Promise<void> {
  await rename(estate.repository, aside);
  await estate.makeRepository();
}

const REPLACED = {
  type: 'RepositoryReplaced',
  nonRetryable: true,
  details: [{ hint: expect.stringMatching(/remove .*\/repositories\/local\.json /) as string }],
};

/** Puts a restic before the real one that writes down each of its commands. */
async function noteCommands(): Promise<() => Promise<string[]>> {
  const real = (await execa('which', ['restic'])).stdout;
  const file = join(estate.folder, 'commands');
  await fakeTool(join(estate.folder, 'bin'), 'restic', `echo "$1" >> ${file}; exec ${real} "$@"`);
  process.env.PATH = `${join(estate.folder, 'bin')}:${path ?? ''}`;
  return async () =>
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .filter((command) => command !== 'version');
}

it('is known by its id from the moment it is made, without a process more', async () => {
  const commands = await noteCommands();
  await firstRun(estate);
  await take();
  expect(await commands()).toEqual(['backup', 'init', 'backup', 'backup']);
  expect((await record()).id).toBe(await idThere());
});

it('that somebody else made is known by its id from the first snapshot, without a process more', async () => {
  await estate.restic('init');
  const commands = await noteCommands();
  await save(estate);
  expect(await commands()).toEqual(['backup']);
  expect((await record()).id).toBe(await idThere());
});

it('that an earlier release recorded without its id gets it at the next run', async () => {
  await save(estate);
  const { id, ...old } = await record();
  await estate.state.write(RECORD, old);
  const commands = await noteCommands();
  await take();
  expect((await record()).id).toBe(id);
  await take();
  expect(await commands()).toEqual(['backup', 'backup']);
});

it('that was replaced is told, nothing more is written there, and the right one is taken up again', async () => {
  await save(estate);
  await replace();
  await expect(take()).rejects.toMatchObject(REPLACED);
  expect(await snapshots()).toBe(1);
  await expect(take()).rejects.toMatchObject(REPLACED);
  expect(await snapshots()).toBe(1);

  await rm(estate.repository, { recursive: true });
  await expect(take()).rejects.toMatchObject({ type: 'RepositoryMissing' });
  await rename(aside, estate.repository);
  expect(await take()).toMatchObject({ repository: 'present' });
  expect(await record()).not.toHaveProperty('replacedBy');
});

it('that was replaced on purpose is ours once the record is removed', async () => {
  await save(estate);
  await replace();
  await expect(take()).rejects.toMatchObject(REPLACED);
  await rm(estate.state.path(RECORD));
  expect(await take()).toMatchObject({ repository: 'present' });
  expect((await record()).id).toBe(await idThere());
});

it('is known without a cache too, by asking restic', async () => {
  await save(estate);
  const cache = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(estate.folder, 'no-folder');
  await writeFile(process.env.XDG_CACHE_HOME, 'in the way');
  try {
    expect(await take()).toMatchObject({ repository: 'present' });
    await replace();
    await expect(take()).rejects.toMatchObject(REPLACED);
  } finally {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
  }
});

it('that was moved elsewhere and back, or copied, is the same', async () => {
  await save(estate);
  await cp(estate.repository, aside, { recursive: true });
  await rm(estate.repository, { recursive: true });
  await rename(aside, estate.repository);
  expect(await take()).toMatchObject({ repository: 'present' });
});
