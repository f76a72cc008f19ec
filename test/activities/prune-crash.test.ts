import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../src/adapters/crash-point.js';
import { attempt, dies } from '../support/dying.js';
import { type ResticEstate, makeResticEstate, save, takeRepository } from '../support/restic-estate.js';
import { until } from '../support/until.js';

const MIB = 1024 ** 2;
const KEPT = 3;

/** Its repository has three snapshots, packs of which a half is needed, and packs that nothing needs. */
let shelf: ResticEstate;
let estate: ResticEstate;
let ids: string[];

beforeAll(async () => {
  shelf = await makeResticEstate();
  for (let i = 0; i < 5; i += 1) {
    await writeFile(join(shelf.flux, `stays-${String(i)}`), randomBytes(4 * MIB));
    await writeFile(join(shelf.flux, 'changes'), randomBytes(4 * MIB));
    await save(shelf);
  }
  await shelf.restic('forget', '--keep-last', String(KEPT));
});
afterAll(() => shelf.remove());

beforeEach(async () => {
  estate = await makeResticEstate();
  ids = await takeRepository(estate, shelf);
});
afterEach(() => estate.remove());

const pruning = async (): Promise<string> =>
  attempt({ file: estate.file, stateRoot: join(estate.folder, 'state') }, [
    'pruneRepository',
    await estate.request(),
  ]);

const forget = async () =>
  estate.run(estate.activities.forgetSnapshots, {
    ...(await estate.request()),
    snapshotId: ids.at(-1) ?? '',
  });

const prune = async () => estate.run(estate.activities.pruneRepository, await estate.request());

const check = (...args: string[]): Promise<string> => estate.restic('check', '--no-lock', ...args);

const snapshots = async (): Promise<string[]> =>
  (JSON.parse(await estate.restic('snapshots', '--json', '--no-lock')) as { id: string }[]).map(
    ({ id }) => id,
  );

/** After a prune that broke off: nothing is lost, nothing is forgotten before the check, and the next run ends it. */
async function isMadeGood({ broke }: { broke: boolean }): Promise<void> {
  expect(await check()).toContain('no errors were found');
  expect(await snapshots()).toEqual(ids);
  await estate.state.write('retention/save.json', { keep: { last: KEPT } });
  if (broke) {
    const data = join(estate.repository, 'data');
    await rename(data, `${data}.away`);
    await expect(forget()).rejects.toMatchObject({ type: 'RepositoryDamaged' });
    expect(await snapshots()).toEqual(ids);
    await rename(`${data}.away`, data);
  }
  expect(await forget()).toEqual({ forgotten: 0 });
  expect(await prune()).toBe('done');
  expect(await check('--read-data')).toContain('no errors were found');
  expect(await snapshots()).toEqual(ids);
}

describe('a worker that is killed at a step of its prune', () => {
  const POINTS: [CrashPoint, string, boolean][] = [
    ['state-drafted', 'repositories/local.prune.json', false],
    ['restic-starts', 'prune', true],
    ['restic-ended', 'prune', true],
  ];

  it.each(POINTS)('(%s of %s) loses nothing, and the next one ends it', async (at, of, broke) => {
    await dies(await pruning(), { at, of });
    await isMadeGood({ broke });
  });
});

type Files = Record<'data' | 'index' | 'locks', Set<string>>;

function filesNow(): Files {
  const names = (folder: string): Set<string> =>
    new Set(
      readdirSync(join(estate.repository, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
        /[0-9a-f]{64}$/.test(name),
      ),
    );
  return { data: names('data'), index: names('index'), locks: names('locks') };
}

/** Whether there is anything that was not in the other set. */
const isNew = (some: Set<string>, other: Set<string>): boolean => [...some].some((name) => !other.has(name));

/** What restic does one after the other. */
const MOMENTS: [string, (before: Files, now: Files) => boolean][] = [
  ['has its lock', (before, now) => now.locks.size > before.locks.size],
  ['wrote a new pack', (before, now) => isNew(now.data, before.data)],
  ['wrote a new index', (before, now) => isNew(now.index, before.index)],
  ['removed an index', (before, now) => isNew(before.index, now.index)],
  ['removed a pack', (before, now) => isNew(before.data, now.data)],
];

describe('in the middle of a prune', () => {
  /** Who looks late finds a worker that has not gone on, as if the moment had been when restic ended. */
  const STAYS = `globalThis[Symbol.for('fts.crash-point')] = (at, of) => {
    if (at === 'restic-ended' && of === 'prune') process.kill(process.pid, 'SIGSTOP');
  };`;

  /** Starts one in a process group of its own, and returns at that moment. */
  async function pruneUntil(isMoment: (before: Files, now: Files) => boolean): Promise<ChildProcess> {
    const before = filesNow();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', `${STAYS}\n${await pruning()}`], {
      detached: true,
      stdio: 'ignore',
    });
    while (child.exitCode === null && !isMoment(before, filesNow())) await setImmediate();
    return child;
  }

  it.each(MOMENTS)(
    'a power cut when restic %s loses nothing, and the next run ends it',
    async (_, isMoment) => {
      const child = await pruneUntil(isMoment);
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      if (child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      await isMadeGood({ broke: true });
    },
  );

  it('a worker that is killed takes its restic along, and the next one goes on', async () => {
    const child = await pruneUntil((before, now) => isNew(now.data, before.data));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => (await readdir(join(estate.repository, 'locks'))).length === 0);
    await isMadeGood({ broke: true });
  });
});
