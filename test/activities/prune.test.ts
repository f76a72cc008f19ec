import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save, snapshotJob } from '../support/restic-estate.js';

const LONG_AGO = '2020-01-01T00:00:00.000Z';
/** As a clock says that was ahead. */
const YET_TO_COME = '2060-01-01T00:00:00.000Z';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({ jobs: { save: snapshotJob({ keep: { last: 3 } }) } });
});
afterEach(() => estate.remove());

/** Each snapshot has 1 MiB that no other has. */
async function saveSomethingNew(): Promise<string> {
  await writeFile(join(estate.flux, 'file'), randomBytes(1024 ** 2));
  return save(estate);
}

const packs = async (): Promise<string[]> =>
  (await readdir(join(estate.repository, 'data'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

const size = async (): Promise<number> =>
  (JSON.parse(await estate.restic('stats', '--mode', 'raw-data', '--json')) as { total_size: number })
    .total_size;

const stored = async (): Promise<number> => (await packs()).length;

async function forgetAfter(snapshotId: string) {
  const request = { ...(await estate.request()), snapshotId };
  return estate.run(estate.activities.forgetSnapshots, request);
}

const prune = async () => estate.run(estate.activities.pruneRepository, await estate.request());

const seenLongAgo = () => estate.state.write('repositories/local.json', { firstSeen: LONG_AGO });

describe('pruning', () => {
  it('is due a week after the repository was first seen or last pruned, and removes what no snapshot needs', async () => {
    let newest = '';
    for (let i = 0; i < 5; i += 1) newest = await saveSomethingNew();
    expect(await forgetAfter(newest)).toEqual({ forgotten: 2 });
    await seenLongAgo();
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0, pruneDue: true });
    const before = await stored();

    expect(await prune()).toBe('done');

    expect(await stored()).toBeLessThan(before);
    expect(await size()).toBeGreaterThan(3 * 1024 ** 2);
    expect(await estate.restic('check', '--read-data')).toContain('no errors were found');
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
  });

  it('is not put off by a clock that was ahead when it was pruned last', async () => {
    const newest = await saveSomethingNew();
    await estate.state.write('repositories/local.prune.json', { endedAt: YET_TO_COME });
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0, pruneDue: true });
    expect(await prune()).toBe('done');
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
  });

  it('gives way to a run that is due on the repository within a minute', async () => {
    const newest = await saveSomethingNew();
    await seenLongAgo();
    await estate.change({
      jobs: { save: snapshotJob({ keep: { last: 3 } }), often: snapshotJob({ cron: '* * * * *' }) },
    });
    expect(await prune()).toBe('gave-way');
    expect(await forgetAfter(newest)).toMatchObject({ pruneDue: true });
  });

  it('gives way to a mirror of the volume from its plan to its end', async () => {
    await saveSomethingNew();
    const cloud = { type: 'local', path: join(estate.folder, 'cloud') };
    await estate.change({
      remotes: { cloud },
      jobs: {
        save: snapshotJob({ keep: { last: 3 } }),
        mirror: { kind: 'mirror', volume: 'space', remote: 'cloud' },
      },
    });
    const { planMirror, recordRun } = estate.activities;
    await estate.run(planMirror, await estate.request('mirror'));
    expect(await prune()).toBe('gave-way');

    const startedAt = new Date().toISOString();
    await estate.run(recordRun, { job: 'mirror', startedAt, outcome: 'complete', result: null });
    expect(await prune()).toBe('done');
  });

  it('when it broke off, nothing is forgotten or pruned before restic finds the repository whole', async () => {
    let newest = '';
    for (let i = 0; i < 4; i += 1) newest = await saveSomethingNew();
    await estate.state.write('repositories/local.prune.json', { startedAt: LONG_AGO });
    const [pack = ''] = await packs();
    await rename(pack, join(estate.folder, 'pack'));

    await expect(forgetAfter(newest)).rejects.toMatchObject({ type: 'RepositoryDamaged' });
    await expect(prune()).rejects.toMatchObject({ type: 'RepositoryDamaged' });
    expect(JSON.parse(await estate.restic('snapshots', '--json'))).toHaveLength(4);

    await rename(join(estate.folder, 'pack'), pack);
    expect(await forgetAfter(newest)).toEqual({ forgotten: 1 });
    await rm(pack); // what broke off is forgotten: no check stands before each run
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
  });
});

describe('a changed keep', () => {
  const change = (last: number) => estate.change({ jobs: { save: snapshotJob({ keep: { last } }) } });

  it('waits for a day when it would remove more, and says what', async () => {
    await change(6);
    let newest = '';
    for (let i = 0; i < 6; i += 1) newest = await save(estate);
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });

    await change(4);
    const { keepChange, forgotten } = await forgetAfter(newest);
    expect({ forgotten, removes: keepChange?.removes }).toEqual({ forgotten: 0, removes: 2 });
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0, keepChange });

    const waiting = { keep: { last: 4 }, since: LONG_AGO };
    await estate.state.write('retention/save.json', { keep: { last: 6 }, waiting });
    expect(await forgetAfter(newest)).toEqual({ forgotten: 2 });
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
  });

  it('waits for a day from now when a clock that was ahead saw it first', async () => {
    await change(5);
    let newest = '';
    for (let i = 0; i < 5; i += 1) newest = await save(estate);
    await forgetAfter(newest);
    await change(4);
    const waiting = { keep: { last: 4 }, since: YET_TO_COME };
    await estate.state.write('retention/save.json', { keep: { last: 5 }, waiting });
    const { keepChange } = await forgetAfter(newest);
    expect(Date.parse(keepChange?.from ?? '')).toBeLessThan(Date.parse(YET_TO_COME));
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0, keepChange });
  });

  it('is in force at once when it removes nothing more, and a change that was taken back is forgotten', async () => {
    await change(4);
    let newest = '';
    for (let i = 0; i < 4; i += 1) newest = await save(estate);
    await forgetAfter(newest);
    await change(3);
    expect(await forgetAfter(newest)).toMatchObject({ keepChange: { removes: 1 } });
    await change(4);
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
    await change(9);
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
    await change(4);
    expect(await forgetAfter(newest)).toEqual({ forgotten: 0 });
  });
});
