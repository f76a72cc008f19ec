import { chmod, mkdir, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { drillComparer } from '../../src/adapters/drill/compare.js';
import type { DrillStep } from '../../src/adapters/drill/setting.js';
import { drillProblem } from '../../src/domain/drill.js';
import type { DrillChild } from '../support/drill-child.js';
import { type DrillEstate, makeDrillEstate } from '../support/drill-estate.js';
import { HOSTILE_NAMES } from '../support/hostile-names.js';
import { mockActivity } from '../support/mock-activity.js';
import { makeQuickRepository } from '../support/quick-repository.js';
import { PASSWORD } from '../support/restic-estate.js';
import { treeOf } from '../support/tree.js';

const CHILD = join(import.meta.dirname, '..', '..', 'dist', 'test', 'support', 'drill-child.js');

let test: DrillEstate;
const make = async (...args: Parameters<typeof makeDrillEstate>): Promise<void> => {
  test = await makeDrillEstate(...args);
};
afterEach(() => test.remove());

const put = async (path: string, content: string | Buffer): Promise<string> => {
  const file = join(test.flux, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
};

/** Makes the repository and a snapshot with plain restic. */
const backUp = async (...args: string[]): Promise<void> => {
  await test.makeRepository();
  await test.restic('backup', ...args, test.flux);
};

/** All of the volume but what is ours. */
const contents = () => treeOf(test.flux, (name) => name.startsWith('.fts'));

/** What is left in scratch places. */
const scratch = (): Promise<string[]> => readdir(join(test.flux, '.fts', 'drill')).catch(() => []);

const record = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(test.state.path('drills', 'drill.json'), 'utf8')) as Record<string, unknown>;

const failure = async (...args: Parameters<DrillEstate['drill']>) =>
  drillProblem(await test.drill(...args))?.type;

/** The largest pack of the repository. */
async function largestPack(): Promise<{ path: string; size: number }> {
  const names = await readdir(join(test.repository, 'data'), { recursive: true, withFileTypes: true });
  const packs = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const sizes = await Promise.all(packs.map(async (path) => ({ path, size: (await stat(path)).size })));
  const [largest] = sizes.sort((one, other) => other.size - one.size);
  if (largest === undefined) throw new Error('the repository has no pack');
  await chmod(largest.path, 0o600);
  return largest;
}

const DAMAGES: Record<string, () => Promise<void>> = {
  'one bit of it': async () => {
    const { path, size } = await largestPack();
    const content = await readFile(path);
    content[size >> 1] = (content[size >> 1] ?? 0) ^ 1;
    await writeFile(path, content);
  },
  'half of it': async () => {
    const { path, size } = await largestPack();
    await truncate(path, size >> 1);
  },
  'all of it': async () => {
    await rm((await largestPack()).path);
  },
};

describe('a drill of a repository that plain restic made', () => {
  beforeEach(() => make());

  it('compares with live files, remembers what it drilled, and leaves the volume as it was', async () => {
    await put('one/a', 'alpha');
    await put('two/sub/b', 'beta');
    await backUp();
    const before = await contents();
    const result = await test.drill();
    expect(result).toMatchObject({
      snapshotId: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      compared: { files: 2, bytes: 9 },
      ...{ comparedLive: 2, mismatches: 0, notComparable: 0, negativeControl: 'caught' },
      coverage: { projects: 2, drilled: 2, cycleDays: 90 },
      anchor: { path: 'one/a', state: 'new' },
    });
    expect(result.bytesPerSecond).toBeGreaterThan(0);
    expect(drillProblem(result)).toBeUndefined();
    expect(await contents()).toEqual(before);
    expect(await scratch()).toEqual([]);
    expect(await record()).toMatchObject({
      ...{ job: 'drill', repository: 'local' },
      sources: [{ job: 'save', volume: 'flux', restored: { bytes: 9 }, anchor: { path: 'one/a' } }],
    });
    expect((await test.drill()).anchor).toEqual({ path: 'one/a', state: 'same' });
    expect(await test.restic('list', 'locks')).toBe('');
  });

  it('compares with the chunk ids what changed since, though its time does not tell', async () => {
    const big = await put('one/big', randomBytes(3 * 1024 ** 2));
    const even = await put('one/even', Buffer.alloc(3 * 1024 ** 2, 'even '));
    const small = await put('one/small "\\ \n *', 'before');
    const times = join(test.folder, 'times');
    await test.makeRepository();
    await test.restic('backup', '--compression', 'off', big);
    await test.restic('backup', test.flux);
    for (const path of [big, even, small]) {
      await execa('cp', ['--preserve=timestamps', path, times]);
      await writeFile(path, randomBytes((await stat(path)).size));
      await execa('touch', ['-r', times, path]); // to the nanosecond
    }
    const result = await test.drill();
    expect(result).toMatchObject({
      compared: { files: 3 },
      comparedLive: 0,
      mismatches: 0,
      notComparable: 0,
    });
    expect(result.negativeControl).toBe('caught');
  });

  it.each(Object.keys(DAMAGES))('finds that a pack of the repository lacks %s', async (how) => {
    const big = await put('one/big', randomBytes(2 * 1024 ** 2));
    await backUp();
    await put('one/small', 'small');
    await test.restic('backup', test.flux);
    await DAMAGES[how]?.();
    await utimes(big, 1, 1);
    const result = await test.drill();
    expect(result).toMatchObject({ compared: { files: 2 }, mismatches: 1, negativeControl: 'caught' });
    expect(result.differing?.[0]?.path).toMatch(/one\/big$/);
    expect(drillProblem(result)?.type).toBe('VerificationFailed');
    expect(result.coverage).toMatchObject({ projects: 1, drilled: 0 });
    expect(await scratch()).toEqual([]);
    await expect(record()).rejects.toThrow('ENOENT');
  });

  it('finds a live file that is no longer what its times say, and says which of the two is right', async () => {
    await put('one/a', 'alpha');
    await backUp();
    const result = await test.drill({
      comparer: { ...drillComparer, equalFiles: () => Promise.resolve(false) }, // nobody can set ctime back
    });
    expect(result).toMatchObject({ mismatches: 1, negativeControl: 'caught' });
    expect(result.differing?.[0]?.message).toContain('what was restored is what was saved');
  });

  it.each(['equalFiles', 'equalChunks'] as const)(
    'is broken if %s does not notice an altered copy',
    async (way) => {
      const file = await put('one/a', 'alpha');
      await put('one/b', 'beta');
      await backUp();
      await utimes(file, 1, 1);
      const comparer = { ...drillComparer, [way]: () => Promise.resolve(true) };
      const result = await test.drill({ comparer });
      expect(result).toMatchObject({ comparedLive: 1, mismatches: 0, negativeControl: 'missed' });
      expect(drillProblem(result)).toMatchObject({
        type: 'DrillBroken',
        message: expect.stringContaining('the drill itself is broken') as string,
      });
      await expect(record()).rejects.toThrow('ENOENT');
    },
  );

  it('fails without a snapshot, and with one in which nothing has content', async () => {
    await test.makeRepository();
    await expect(test.drill()).rejects.toMatchObject({ type: 'NothingToVerify', nonRetryable: true });
    await put('one/empty', '');
    await test.restic('backup', test.flux);
    expect(await failure()).toBe('NothingToVerify');
  });

  it('of which the estate knows no job compares with the chunk ids, and is judged by its own SLO', async () => {
    await test.change({
      repositories: { other: { host: 'here', volume: 'space', path: 'restic/other', password: 'password' } },
      jobs: { drill: { kind: 'drill', repository: 'other', slo: '1h' } },
    });
    await put('one/a', 'alpha');
    const other = join(test.space, 'restic', 'other');
    await makeQuickRepository(other, PASSWORD);
    await test.restic('--repo', other, 'backup', test.flux, '--time', '2026-01-01 00:00:00');
    const result = await test.drill();
    expect(result).toMatchObject({
      compared: { files: 1 },
      comparedLive: 0,
      mismatches: 0,
      snapshotMaxAge: 3600,
    });
    expect(drillProblem(result)?.type).toBe('SnapshotTooOld');
  });

  it('that is cancelled leaves nothing behind', async () => {
    await put('one/a', 'alpha');
    await backUp();
    const context = mockActivity();
    const cancelled = test.drill(
      {
        onStep: (step) => {
          if (step === 'restored') context.cancel();
        },
      },
      context,
    );
    await expect(cancelled).rejects.toThrow('CANCELLED');
    expect(await scratch()).toEqual([]);
    await expect(record()).rejects.toThrow('ENOENT');
  });

  it('fails while a snapshot cannot be read: it may be the newest', async () => {
    await put('file', 'content');
    await backUp();
    await test.restic('backup', test.flux);
    const [first = ''] = await readdir(join(test.repository, 'snapshots'));
    const file = join(test.repository, 'snapshots', first);
    await chmod(file, 0o600);
    await truncate(file, 10);
    vi.stubEnv('XDG_CACHE_HOME', join(test.folder, 'cache')); // nothing that restic read before
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(test.drill()).rejects.toMatchObject({ type: 'RepositoryDamaged' });
  });

  it('passes over a partial snapshot', async () => {
    await put('one/a', 'alpha');
    await backUp();
    await put('one/b', 'beta');
    await test.restic('backup', '--tag', 'partial', test.flux);
    expect((await test.drill()).compared.files).toBe(1);
  });

  it('compares with the chunk ids what was saved from another place', async () => {
    await put('one/a', 'alpha');
    await test.makeRepository();
    await execa('cp', ['-a', test.flux, join(test.folder, 'elsewhere')]);
    await test.restic('backup', join(test.folder, 'elsewhere'));
    expect(await test.drill()).toMatchObject({
      ...{ compared: { files: 1 }, comparedLive: 0, mismatches: 0, negativeControl: 'caught' },
      coverage: { projects: 1, drilled: 1 },
      anchor: { path: 'one/a' },
    });
  });

  it('notices that its anchor changed, and that it is gone', async () => {
    const file = await put('one/a', 'alpha');
    await utimes(file, 1, 1);
    await put('one/b', 'beta');
    await backUp();
    expect((await test.drill()).anchor).toEqual({ path: 'one/a', state: 'new' });
    await writeFile(file, 'alpha 2');
    await test.restic('backup', test.flux);
    expect((await test.drill()).anchor).toEqual({ path: 'one/a', state: 'changed' });
    await execa('rm', [file]);
    await test.restic('backup', test.flux);
    expect((await test.drill()).anchor).toEqual({ path: 'one/b', state: 'gone' });
  });

  it('drills names that tools get wrong, and says which it cannot', async () => {
    for (const name of HOSTILE_NAMES) await put(join('odd', name, name), name);
    await backUp();
    const compared = { files: HOSTILE_NAMES.length };
    expect(await test.drill()).toMatchObject({
      ...{ compared, comparedLive: compared.files, mismatches: 0, negativeControl: 'caught' },
    });
    await execa('rm', ['-r', join(test.flux, 'odd')]);
    const exact = HOSTILE_NAMES.filter((name) => !['*', '?'].includes(name)); // which bring the others along
    for (const name of exact) await put(join('odd', name), name);
    await test.restic('backup', test.flux);
    await execa('rm', ['-r', join(test.flux, 'odd')]);
    expect(await test.drill()).toMatchObject({
      ...{ compared: { files: exact.length }, comparedLive: 0, mismatches: 0, notComparable: 0 },
    });

    await put('odd/plain', 'plain');
    await writeFile(
      Buffer.concat([Buffer.from(`${test.flux}/odd/`), Buffer.from([0xff, 0xfe])]),
      'not UTF-8',
    );
    await test.restic('backup', test.flux);
    expect(await test.drill()).toMatchObject({ compared: { files: 1 }, notComparable: 1, mismatches: 0 });
  });
});

describe('a drill of a job with an SLO', () => {
  beforeEach(() =>
    make(
      {},
      { save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 3 }, slo: '2h' } },
    ),
  );

  it('fails if the newest snapshot is older', async () => {
    await put('one/a', 'alpha');
    await backUp('--time', '2026-01-01 00:00:00');
    const result = await test.drill();
    expect(result.snapshotMaxAge).toBe(7200);
    expect(result.mismatches).toBe(0);
    expect(drillProblem(result)?.type).toBe('SnapshotTooOld');
    await test.restic('backup', test.flux);
    expect(await failure()).toBeUndefined();
  });
});

describe('a drill of many projects', () => {
  beforeEach(() => make({ sample: 1, cycle: '21d', sampleBytes: '2 KiB' }));

  it('comes to each of them within the cycle, and restores no more than it may', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) {
      await put(`${name}/note`, name);
      await put(`${name}/large`, randomBytes(4096));
    }
    await put('heavy/only', randomBytes(4096));
    await backUp();
    const day = 24 * 3_600_000;
    const drilled: number[] = [];
    const began = Date.now();
    for (const week of [0, 1, 2]) {
      const result = await test.drill({ now: () => new Date(began + week * 7 * day) });
      expect(result.coverage.projects).toBe(5);
      expect(result.compared.bytes).toBeLessThanOrEqual(4096 + 3);
      drilled.push(result.coverage.drilled);
    }
    expect(drilled[0]).toBeGreaterThanOrEqual(3);
    expect(drilled.slice(1)).toEqual([5, 5]);
  });
});

describe('a drill that is killed', () => {
  beforeEach(() => make());

  const steps: DrillStep[] = ['restored', 'compared', 'recorded'];
  it('at any step is done by the next one, which removes what it left', async () => {
    await put('one/a', 'alpha');
    await put('two/b', 'beta');
    await backUp();
    const before = await treeOf(join(test.flux, 'one'));
    for (const die of steps) {
      const told: DrillChild = { file: test.file, state: join(test.folder, 'state'), die };
      const child = await execa('node', [CHILD, JSON.stringify(told)], { reject: false });
      expect(child.signal).toBe('SIGKILL');
      expect(await scratch()).toEqual(die === 'recorded' ? [] : ['drill']);
      const result = await test.drill();
      expect(result).toMatchObject({ compared: { files: 2 }, mismatches: 0, negativeControl: 'caught' });
      expect(await scratch()).toEqual([]);
    }
    expect(await treeOf(join(test.flux, 'one'))).toEqual(before);
  });
});
