import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({
    remotes: { cloud: { type: 'local', path: `cloud-${randomUUID()}` } }, // its lock has the path's name
    jobs: {
      save: snapshotJob({ keep: { last: 3 } }),
      // As many as `forget` removes below.
      mirror: {
        kind: 'mirror',
        volume: 'space',
        remote: 'cloud',
        limits: { deletes: 2, deleteShare: '100%' },
      },
    },
  });
});
afterEach(() => estate.remove());

async function mirror() {
  const { planMirror, uploadMirror, deleteMirrored, recordRun } = estate.activities;
  const request = await estate.request('mirror');
  const plan = await estate.run(planMirror, request);
  if ('refused' in plan) throw new Error(plan.refused.reason);
  await estate.run(uploadMirror, request);
  if (plan.deletes > 0) await estate.run(deleteMirrored, request);
  const startedAt = new Date().toISOString();
  await estate.run(recordRun, { job: 'mirror', startedAt, outcome: 'complete', result: null });
  // What the next attempt finds is the same run's plan: in these tests all runs have one id.
  await rm(estate.state.path('plans/mirror'), { recursive: true });
  return plan;
}

const prune = async () => estate.run(estate.activities.pruneRepository, await estate.request());

async function saveAndForget(): Promise<void> {
  let newest = '';
  for (let i = 0; i < 5; i += 1) {
    await writeFile(join(estate.flux, 'file'), randomBytes(1024 ** 2));
    newest = await save(estate);
  }
  await mirror();
  const forgotten = await estate.run(estate.activities.forgetSnapshots, {
    ...(await estate.request()),
    snapshotId: newest,
  });
  expect(forgotten).toMatchObject({ forgotten: 2 });
}

const files = async (folder: string): Promise<string[]> =>
  (await readdir(join(estate.repository, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();

describe('deletions in a mirror of a volume with a restic repository', () => {
  it('are not held for what a recorded prune removed, and that is told apart', async () => {
    await saveAndForget();
    expect(await prune()).toBe('done');
    const plan = await mirror();
    expect(plan.hold).toBeUndefined();
    const { deletes, pruned } = plan.plan;
    expect(pruned?.files).toBeGreaterThan(2);
    expect(pruned?.bytes).toBeGreaterThan(1024 ** 2);
    expect(deletes).toBe((pruned?.files ?? 0) + 2);
    expect(await estate.restic('check', '--read-data')).toContain('no errors were found');
    expect((await mirror()).plan).toMatchObject({ deletes: 0, transfers: 0 });
  });

  it('count against the limits as ever when nobody recorded a prune, or files went otherwise', async () => {
    await saveAndForget();
    await estate.restic('prune');
    const unrecorded = await mirror();
    expect(unrecorded.hold?.reason).toMatch(/^\d+ files would be deleted, and 2 are allowed$/);
    expect(unrecorded.plan.pruned).toBeUndefined();
  });

  it('count against the limits beside those of a prune', async () => {
    await saveAndForget();
    expect(await prune()).toBe('done');
    const [pack = ''] = await files('data');
    await rm(pack);
    expect((await mirror()).hold?.reason).toMatch(
      /^3 files would be deleted, and 2 are allowed, beside \d+ files that a prune removed$/,
    );
  });

  it('of a prune that broke off are explained once restic found the repository whole', async () => {
    await saveAndForget();
    const names = [...(await files('data')), ...(await files('index'))].map((file) =>
      file.slice(estate.repository.length + 1),
    );
    await estate.state.write('repositories/local.pruned.json', { names: [], before: names });
    await estate.state.write('repositories/local.prune.json', { startedAt: new Date().toISOString() });
    await estate.restic('prune'); // and the record of its end is missing
    expect((await mirror()).hold).toBeDefined();
    expect(await prune()).toBe('done');
    expect((await mirror()).hold).toBeUndefined();
  });
});
