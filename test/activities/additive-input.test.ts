import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;
beforeEach(async () => {
  estate = await makeResticEstate({
    jobs: {
      save: snapshotJob(),
    },
  });
  await writeFile(join(estate.flux, 'file'), 'content');
});
afterEach(() => estate.remove());

/** What a control worker of a later release might say beside what this one knows. */
const LATER = { priority: 'high', options: { dryRun: true }, paths: ['/etc'], keep: { last: 1 } };

it('a host worker does its work for a control worker that says more than it knows', async () => {
  const { activities, run } = estate;
  const request = { ...(await estate.request()), ...LATER };
  expect(await run(activities.admitJob, request)).toEqual({ admitted: true });
  expect(await run(activities.takeSnapshot, request)).toEqual({ repository: 'absent' });
  await run(activities.createRepository, request);
  const taken = await run(activities.takeSnapshot, request);
  if (taken.repository !== 'present') throw new Error('it was just made');
  const { snapshotId } = taken;
  expect(await run(activities.forgetSnapshots, { ...request, snapshotId })).toEqual({ forgotten: 0 });
  const startedAt = new Date().toISOString();
  const ended = { job: 'save', startedAt, outcome: 'complete' as const, result: { snapshotId } };
  await run(activities.recordRun, { ...ended, ...LATER });
  const volume = { estate: 'testbed', volume: 'flux', ...LATER };
  expect(await run(activities.provisionVolume, volume)).toMatchObject({ created: false });
  const [snapshot] = JSON.parse(await estate.restic('snapshots', '--json')) as { paths: string[] }[];
  expect(snapshot?.paths).toEqual([estate.flux]);
});

it('and for one that says only what it must', async () => {
  const { activities, run } = estate;
  const { estate: name, job, declaration } = await estate.request();
  const least = { estate: name, job, declaration };
  expect(await run(activities.admitJob, least)).toEqual({ admitted: true });
  expect(await run(activities.takeSnapshot, least)).toEqual({ repository: 'absent' });
});
