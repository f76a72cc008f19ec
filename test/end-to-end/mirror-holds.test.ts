import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import {
  type MirrorEstate,
  type TestMirror,
  rcloneRunning,
  slowContent,
  startMirrorEstate,
} from '../support/mirror-estate.js';

const PATIENCE_MS = 180_000;
const NOTHING = { files: 0, bytes: 0 };

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterAll(() => estate.remove());

const reason = (text: string) => ({ hold: { reason: expect.stringContaining(text) as string } });

const hides = (mirror: TestMirror): number =>
  mirror.versions().filter(({ action, fileName }) => action === 'hide' && !fileName.includes('/.fts/'))
    .length;

/** A mirror of 50 files in `many/`, up to date. */
async function full(name: string, more: Record<string, unknown> = {}, count = 50): Promise<TestMirror> {
  const mirror = await estate.mirror(name, more);
  await mirror.fill(count);
  expect(await mirror.run()).toMatchObject({
    outcome: 'complete',
    result: { transferred: { files: count } },
  });
  return mirror;
}

const lose = async (mirror: TestMirror, count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await rm(join(mirror.root, 'many', String(i)));
};

describe('a mirror is held, and deletes nothing,', () => {
  it(
    'when its source lost two of five files: approved, it hides them, and every version is still there',
    async () => {
      const mirror = await full('two-of-five');
      await lose(mirror, 22);
      await mirror.write({ fresh: 'new', 'many/49': 'has grown by this' });
      const held = await mirror.run();
      expect(held).toMatchObject({
        outcome: 'held',
        exitCode: 4,
        result: {
          transferred: { files: 2, bytes: 20 },
          deleted: NOTHING,
          plan: { transfers: 2, changes: 1, deletes: 22, deleteBytes: 220, deleteShare: 0.44 },
          ...reason('22 of 50 files (44%) would be deleted, and 5% are allowed'),
        },
      });
      expect(await mirror.names()).toHaveLength(51);
      const status = answer(await estate.fts('status', '--json')) as { jobs: { job: string }[] };
      expect(status.jobs.find(({ job }) => job === 'two-of-five')).toMatchObject({ state: 'held' });

      expect(await mirror.approve('--max-files', '21')).toMatchObject({ outcome: 'held' });
      expect(await mirror.approve('--prefix', 'man')).toMatchObject({ outcome: 'held' });
      expect(hides(mirror)).toBe(0);

      expect(await mirror.approve('--prefix', 'many', '--max-files', '22')).toMatchObject({
        outcome: 'complete',
        exitCode: 0,
        result: { deleted: { files: 22, bytes: 220 }, verified: { files: 20 } },
      });
      expect(await mirror.names()).toHaveLength(29);
      expect(hides(mirror)).toBe(22);
      const kept = mirror
        .versions()
        .filter(({ action, fileName }) => action === 'upload' && fileName.includes('many'));
      expect(kept).toHaveLength(51);
      await lose(mirror, 0);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: NOTHING } });
    },
    PATIENCE_MS,
  );

  it('and stays so once it was rejected', async () => {
    const mirror = await full('rejected', { limits: { deletes: 1 } }, 4);
    await lose(mirror, 2);
    expect(await mirror.run()).toMatchObject({ outcome: 'held', result: reason('2 files would be deleted') });
    expect((await estate.fts('reject', 'rejected')).exitCode).toBe(0);
    expect((await estate.fts('approve', 'rejected')).exitCode).toBe(2);
    expect(await mirror.run()).toMatchObject({ outcome: 'held' });
    expect(await mirror.names()).toHaveLength(4);
    await mirror.write({ 'many/0': '0123456789' });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 1 } } });
  });

  it('when its source is empty, though the limits would allow it', async () => {
    const limits = { deletes: 100, deleteShare: '100%' };
    const mirror = await full('emptied', { limits }, 3);
    await rm(join(mirror.root, 'many'), { recursive: true });
    const held = await mirror.run();
    expect(held).toMatchObject({
      outcome: 'held',
      result: { deleted: NOTHING, verified: NOTHING, ...reason('the source holds no file') },
    });
    expect(await mirror.names()).toHaveLength(3);
    await mirror.write({ other: '' });
    expect(await mirror.run()).toMatchObject({
      outcome: 'held',
      result: reason('everything that the remote holds would be deleted'),
    });
    expect(hides(mirror)).toBe(0);
  });

  it(
    'when most of its files were overwritten: what is new goes up, what was there stays as it was',
    async () => {
      const mirror = await full('overwritten', {}, 130);
      await mirror.fill(110, 'encrypted by somebody');
      await mirror.write({ 'ransom note': 'pay' });
      await rm(join(mirror.root, 'many', '129'));
      expect(await mirror.run()).toMatchObject({
        outcome: 'held',
        result: {
          transferred: { files: 1, bytes: 3 },
          deleted: NOTHING,
          plan: { transfers: 111, changes: 110, deletes: 1 },
          ...reason('110 of 130 files (84.6%) would be changed, and 30% are allowed'),
        },
      });
      expect(await mirror.content('many/5')).toBe('0123456789');
      expect(await mirror.names()).toContain('many/129');
      expect(await mirror.approve()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 110 }, deleted: { files: 1 } },
      });
      expect(await mirror.content('many/5')).toBe('encrypted by somebody');
    },
    PATIENCE_MS,
  );

  it(
    'when the filter was edited, and passes when it is as it was',
    async () => {
      const mirror = await full('filtered', {}, 4);
      const exclude = (paths: string[]) =>
        estate.declare(({ jobs }) => {
          jobs.filtered = { ...jobs.filtered, exclude: paths };
        });
      await exclude(['many/1']);
      await mirror.write({ fresh: '' });
      expect(await mirror.run()).toMatchObject({
        outcome: 'held',
        result: {
          transferred: { files: 1 },
          ...reason('the filter changed since the last run: now left out: /many/1'),
        },
      });
      expect(await mirror.names()).toHaveLength(5);
      await exclude([]);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: NOTHING } });
      await exclude(['many/1']);
      expect(await mirror.run()).toMatchObject({ outcome: 'held' });
      expect(await mirror.approve()).toMatchObject({
        outcome: 'complete',
        result: { deleted: { files: 1 } },
      });
      await exclude([]);
      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 1 } },
      });
    },
    PATIENCE_MS,
  );

  it('when the remote has files that no run put there', async () => {
    const mirror = await estate.mirror('foreign');
    await mirror.write({ mine: 'mine', both: 'of the source' });
    for (const name of ['theirs', 'both']) {
      await mirror.rclone('copyto', join(mirror.root, 'mine'), `${mirror.remote}/${name}`);
    }
    expect(await mirror.run()).toMatchObject({
      outcome: 'held',
      result: {
        transferred: { files: 1, bytes: 4 },
        deleted: NOTHING,
        ...reason('the remote holds 2 files that no run of this job put there'),
      },
    });
    expect(await mirror.names()).toEqual(['both', 'mine', 'theirs']);
    expect(await mirror.content('both')).toBe('mine');
    expect(await mirror.approve()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 1 } } });
    expect(await mirror.names()).toEqual(['both', 'mine']);
  });
});

describe('a volume that is not there', () => {
  it('fails the mirror, which touches nothing, and nor does it with an empty folder in its place', async () => {
    const mirror = await full('unmounted', {}, 3);
    await rename(mirror.root, `${mirror.root}-away`);
    expect(await mirror.run()).toMatchObject({ outcome: 'failed', error: { type: 'VolumeUnavailable' } });
    const other = await estate.mirror('empty');
    await rename(other.root, mirror.root);
    expect(await mirror.run()).toMatchObject({ outcome: 'failed', error: { type: 'VolumeUnavailable' } });
    expect(await mirror.names()).toHaveLength(3);
    await rename(mirror.root, other.root);
    await rename(`${mirror.root}-away`, mirror.root);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
  });

  it(
    'any more when the deletions begin deletes nothing',
    async () => {
      const mirror = await full('swapped', { bandwidth: '160K' }, 3);
      const other = await estate.mirror('swapped-other');
      await lose(mirror, 1);
      await mirror.write({ big: slowContent() });
      const following = mirror.follow();
      await rcloneRunning(estate.folder, 'copy');
      await rename(mirror.root, `${mirror.root}-away`);
      await rename(other.root, mirror.root);
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'failed',
        error: { type: 'VolumeUnavailable' },
      });
      expect(hides(mirror)).toBe(0);
    },
    PATIENCE_MS,
  );
});
