import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({
    jobs: { save: snapshotJob({ keep: { last: 1 } }), other: snapshotJob({ keep: { last: 1 } }) },
  });
  await writeFile(join(estate.flux, 'file'), 'content');
});
afterEach(() => estate.remove());

const snapshots = async (): Promise<{ id: string; tags: string[] }[]> =>
  JSON.parse(await estate.restic('snapshots', '--json')) as { id: string; tags: string[] }[];

describe('forgetting', () => {
  it('keeps the three newest whatever `keep` says, and counts what went', async () => {
    const ids = [await save(estate)];
    for (let i = 0; i < 4; i += 1) ids.push(await save(estate));
    const newest = ids.at(-1) ?? '';
    const request = { ...(await estate.request()), snapshotId: newest };
    expect(await estate.run(estate.activities.forgetSnapshots, request)).toEqual({ forgotten: 2 });
    expect((await snapshots()).map(({ id }) => id).sort()).toEqual(ids.slice(-3).sort());
    expect(await estate.run(estate.activities.forgetSnapshots, request)).toEqual({ forgotten: 0 });
  });

  it('leaves the snapshots of another job, of other people and partial ones alone', async () => {
    const other = [await save(estate, 'other'), await save(estate, 'other')];
    await estate.restic('backup', '--host', 'here', '--tag', 'fts', estate.flux);
    await estate.restic('backup', '--host', 'here', '--tag', 'fts,job=save,partial', estate.flux);
    await estate.restic('backup', '--host', 'elsewhere', '--tag', 'fts,job=save', estate.flux);
    const before = (await snapshots()).map(({ id }) => id);
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) ids.push(await save(estate));
    const request = { ...(await estate.request()), snapshotId: ids[3] ?? '' };
    expect(await estate.run(estate.activities.forgetSnapshots, request)).toEqual({ forgotten: 1 });
    const after = (await snapshots()).map(({ id }) => id);
    expect(after).toEqual(expect.arrayContaining([...other, ...before, ...ids.slice(1)]));
    expect(after).toHaveLength(before.length + 3);
  });

  it('fails when the new snapshot is not in the repository', async () => {
    await save(estate);
    const request = { ...(await estate.request()), snapshotId: 'f'.repeat(64) };
    await expect(estate.run(estate.activities.forgetSnapshots, request)).rejects.toMatchObject({
      type: 'VerificationFailed',
    });
  });
});
