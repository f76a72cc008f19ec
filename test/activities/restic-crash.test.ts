import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../src/adapters/crash-point.js';
import { attempt, dies } from '../support/dying.js';
import {
  PASSWORD,
  type ResticEstate,
  firstRun,
  makeResticEstate,
  save,
  takeRepository,
} from '../support/restic-estate.js';
import { until } from '../support/until.js';

let estate: ResticEstate;
/** Has a repository with five snapshots; copied, because each restic takes a second. */
let shelf: ResticEstate;
let ids: string[];
beforeAll(async () => {
  shelf = await makeResticEstate();
  for (let i = 0; i < 5; i += 1) {
    await writeFile(join(shelf.flux, 'file'), randomBytes(1024));
    await save(shelf);
  }
});
afterAll(() => shelf.remove());
beforeEach(async () => {
  estate = await makeResticEstate();
});
afterEach(() => estate.remove());

/** One activity in a process of its own. */
const doing = async (activity: string, more: object = {}): Promise<string> =>
  attempt({ file: estate.file, stateRoot: join(estate.folder, 'state') }, [
    activity,
    { ...(await estate.request()), ...more },
  ]);

const forget = async () =>
  estate.run(estate.activities.forgetSnapshots, {
    ...(await estate.request()),
    snapshotId: ids.at(-1) ?? '',
  });

const snapshots = async (): Promise<{ id: string; tags: string[] }[]> =>
  JSON.parse(await estate.restic('snapshots', '--json')) as { id: string; tags: string[] }[];

describe('a worker that is killed while it makes a repository', () => {
  const RECORD = 'repositories/local.json';
  const POINTS: [CrashPoint, string][] = [
    ['state-drafted', 'repositories/local.init.json'],
    ['restic-starts', 'init'],
    ['restic-ended', 'init'],
    ['state-drafted', RECORD],
    ['state-replaced', RECORD],
    ['state-removed', 'repositories/local.init.json'],
  ];

  it.each(POINTS)(
    'at "%s" of %s leaves none or a whole one, which the next attempt takes',
    async (at, of) => {
      await dies(await doing('createRepository'), { at, of });
      const made = (await readdir(estate.repository).catch((): string[] => [])).includes('config')
        ? (JSON.parse(await estate.restic('cat', 'config')) as { id: string }).id
        : undefined;
      await firstRun(estate);
      const { id } = JSON.parse(await readFile(estate.state.path(RECORD), 'utf8')) as { id: string };
      expect(id).toBe(made ?? id);
      expect(await snapshots()).toHaveLength(1);
      expect(await readdir(join(estate.repository, 'keys'))).toHaveLength(1);
    },
  );

  /** What restic leaves when it is killed between its key and its config. */
  async function halfMade(): Promise<void> {
    await dies(await doing('createRepository'), { at: 'restic-ended', of: 'init' });
    await rm(join(estate.repository, 'config'));
    await writeFile(join(estate.repository, 'config-tmp-1234'), '');
  }

  it('and restic with it, before the config was written, is made good by the next attempt', async () => {
    await halfMade();
    await firstRun(estate);
    expect(await readdir(join(estate.repository, 'keys'))).toHaveLength(1);
    expect(await estate.restic('check')).toContain('no errors were found');
  });

  it.each(['half-init-judged', 'half-init-cleared'] as const)(
    'at "%s" leaves that to the next attempt',
    async (at) => {
      await halfMade();
      await dies(await doing('createRepository'), { at });
      await firstRun(estate);
      expect(await snapshots()).toHaveLength(1);
    },
  );

  it.each([
    ['with something stored in it', () => writeFile(join(estate.repository, 'data', 'pack'), 'content')],
    ['that we did not begin', () => estate.state.remove('repositories/local.init.json')],
  ])('never touches the keys of one %s, and says what to do', async (_, differ) => {
    await halfMade();
    await differ();
    const keys = await readdir(join(estate.repository, 'keys'));
    await expect(firstRun(estate)).rejects.toMatchObject({
      type: 'RepositoryDamaged',
      message: expect.stringContaining('its making broke off') as string,
    });
    expect(await readdir(join(estate.repository, 'keys'))).toEqual(keys);
  });
});

describe('a worker that is killed while it takes a snapshot', () => {
  beforeEach(async () => {
    ids = await takeRepository(estate, shelf);
  });

  const POINTS: [CrashPoint, string, number][] = [
    ['state-drafted', 'journal/save.json', 0],
    ['restic-starts', 'backup', 0],
    ['restic-ended', 'backup', 1],
    ['state-removed', 'journal/save.json', 0],
  ];

  it.each(POINTS)(
    'at "%s" of %s leaves no snapshot that counts and is not known',
    async (at, of, unknown) => {
      await dies(await doing('takeSnapshot'), { at, of });
      await save(estate);
      const partial = (await snapshots()).filter(({ tags }) => tags.includes('partial'));
      expect(partial).toHaveLength(unknown);
      const isKnown = at === 'state-removed' ? 1 : 0;
      expect(await snapshots()).toHaveLength(ids.length + 1 + unknown + isKnown);
    },
  );

  it.each(['restic-starts', 'restic-ended'] as const)(
    'and is killed again while it tags that (%s) tags it the next time',
    async (at) => {
      await dies(await doing('takeSnapshot'), { at: 'restic-ended', of: 'backup' });
      await dies(await doing('takeSnapshot'), { at, of: 'tag' });
      await save(estate);
      expect((await snapshots()).filter(({ tags }) => tags.includes('partial'))).toHaveLength(1);
    },
  );
});

describe('a worker that is killed while it forgets', () => {
  beforeEach(async () => {
    ids = await takeRepository(estate, shelf);
  });

  const POINTS: [CrashPoint, string][] = [
    ['restic-starts', 'forget'],
    ['restic-ended', 'forget'],
    ['state-drafted', 'retention/save.json'],
    ['state-replaced', 'retention/save.json'],
  ];

  it.each(POINTS)(
    'at "%s" of %s has forgotten nothing that `keep` has, and the next attempt ends it',
    async (at, of) => {
      await dies(await doing('forgetSnapshots', { snapshotId: ids.at(-1) }), { at, of });
      expect((await snapshots()).map(({ id }) => id)).toEqual(expect.arrayContaining(ids.slice(-3)));
      await forget();
      expect((await snapshots()).map(({ id }) => id)).toEqual(ids.slice(-3));
    },
  );

  it.each(['state-drafted', 'state-replaced'] as const)(
    'while a changed `keep` begins to wait (%s) forgets nothing by it before its day is over',
    async (at) => {
      await estate.state.write('retention/save.json', { keep: { last: 9 } });
      await dies(await doing('forgetSnapshots', { snapshotId: ids.at(-1) }), {
        ...{ at, of: 'retention/save.json' },
      });
      expect(await forget()).toMatchObject({ forgotten: 0, keepChange: { removes: 2 } });
      expect(await snapshots()).toHaveLength(5);
    },
  );
});

describe('a worker that is killed while it removes the lock of a dead restic', () => {
  it.each(['stale-lock-judged', 'stale-lock-removed'] as const)(
    'at "%s" keeps no run from going on',
    async (at) => {
      ids = await takeRepository(estate, shelf);
      const holder: ChildProcess = spawn('restic', ['--repo', estate.repository, 'backup', '--stdin'], {
        env: { ...process.env, RESTIC_PASSWORD: PASSWORD },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const locks = (): Promise<string[]> => readdir(join(estate.repository, 'locks'));
      await until(async () => (await locks()).some((name) => /^[0-9a-f]{64}$/.test(name)));
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await dies(await doing('forgetSnapshots', { snapshotId: ids.at(-1) }), { at });
      expect(await forget()).toEqual({ forgotten: 2 });
      expect(await locks()).toEqual([]);
    },
  );
});
