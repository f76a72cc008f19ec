import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeApproval } from '../../src/adapters/holds.js';
import { type ResticEstate, makeResticEstate } from '../support/restic-estate.js';

let estate: ResticEstate;
let scratch: string;

const purgeJob = (more: object = {}) => ({
  kind: 'purge',
  path: 'flux/scratch',
  olderThan: '0.05s',
  ...more,
});

beforeEach(async () => {
  estate = await makeResticEstate({
    jobs: {
      purge: purgeJob(),
      tight: purgeJob({ limits: { deletes: 1 } }),
      slow: purgeJob({ olderThan: '1h' }),
    },
  });
  scratch = join(estate.flux, 'scratch');
  await mkdir(scratch);
  for (const name of ['a', 'b']) await writeFile(join(scratch, name), 'x');
  await sleep(100); // age is what is looked at
});
afterEach(() => estate.remove());

/** In the one run that the activities' environment knows. */
const plan = async (job = 'purge') => estate.run(estate.activities.planPurge, await estate.request(job));
const remove = async (job = 'purge') => estate.run(estate.activities.deleteOld, await estate.request(job));
const left = (): Promise<string[]> => readdir(scratch);

describe('a planned purge', () => {
  it('deletes what it planned, and says the same when it is asked again', async () => {
    expect(await plan()).toEqual({ released: true, removal: { files: 2, bytes: 2 } });
    expect(await left()).toHaveLength(2);
    expect(await remove()).toEqual({ deleted: { files: 2, bytes: 2 } });
    expect(await remove()).toEqual({ deleted: { files: 2, bytes: 2 } });
    expect(await left()).toEqual([]);
  });

  it('stays what it was when it is asked for again in the same run', async () => {
    const planned = await plan();
    await writeFile(join(scratch, 'c'), 'x');
    await sleep(100); // age is what is looked at
    expect(await plan()).toEqual(planned);
    expect(await remove()).toMatchObject({ deleted: { files: 2 } });
    expect(await left()).toEqual(['c']);
  });

  it('leaves what changed since, and counts it', async () => {
    await plan();
    await writeFile(join(scratch, 'a'), 'changed');
    expect(await remove()).toEqual({ deleted: { files: 1, bytes: 1 }, changed: 1 });
    expect(await left()).toEqual(['a']);
  });

  it('has nothing in it where nothing is old', async () => {
    expect(await plan('slow')).toEqual({ released: true, removal: { files: 0, bytes: 0 } });
    expect(await remove('slow')).toEqual({ deleted: { files: 0, bytes: 0 } });
    expect(await left()).toHaveLength(2);
  });

  it('is deleted by no other run, and by nobody without a plan', async () => {
    await expect(remove()).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await left()).toHaveLength(2);
  });
});

describe('a plan beyond the limits', () => {
  it('is held, and nothing can be deleted by it', async () => {
    const held = await plan('tight');
    expect(held).toMatchObject({
      released: false,
      hold: {
        reason: '2 files would be deleted, and 1 are allowed',
        approveWith: `fts approve tight --estate ${estate.file}`,
      },
      biggest: [{ path: 'a', bytes: 1 }, { path: 'b' }],
    });
    await expect(remove('tight')).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await left()).toHaveLength(2);
  });

  it('stays released when the attempt after its approval was burnt is a second one', async () => {
    const held = await plan('tight');
    if (held.released) throw new Error('it was not held');
    const expires = new Date(Date.now() + 60_000).toISOString();
    const { planHash } = held.hold;
    const nonce = 'n'.repeat(16);
    await writeApproval(estate.state, {
      estate: 'testbed',
      job: 'tight',
      planHash,
      bounds: {},
      expires,
      nonce,
    });
    expect(await plan('tight')).toMatchObject({ released: true });
    expect(await plan('tight')).toMatchObject({ released: true });
    expect(await remove('tight')).toMatchObject({ deleted: { files: 2 } });
  });
});

describe('a folder', () => {
  it('that is not there is PathMissing, and is not made', async () => {
    await rm(scratch, { recursive: true });
    await expect(plan()).rejects.toMatchObject({ type: 'PathMissing', nonRetryable: true });
    expect(await readdir(estate.flux)).not.toContain('scratch');
  });

  it('that is a link is PathUnsafe, before the plan and after it', async () => {
    await plan();
    await rename(scratch, join(estate.folder, 'moved'));
    await symlink('../moved', scratch);
    await expect(remove()).rejects.toMatchObject({ type: 'PathUnsafe', nonRetryable: true });
    await expect(plan()).rejects.toMatchObject({ type: 'PathUnsafe', nonRetryable: true });
    expect(await readdir(join(estate.folder, 'moved'))).toHaveLength(2);
  });

  it('on a volume without its sentinel is not looked into', async () => {
    await rm(join(estate.flux, '.fts-volume'));
    await expect(plan()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    expect(await left()).toHaveLength(2);
  });
});

it('a clock that went back plans nothing', async () => {
  const endedAt = new Date(Date.now() + 3_600_000).toISOString();
  await estate.state.write('jobs/other.json', { last: { endedAt } });
  await expect(plan()).rejects.toMatchObject({ type: 'ClockStep', nonRetryable: true });
});
