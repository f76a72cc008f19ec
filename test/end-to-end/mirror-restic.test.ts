import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import {
  type MirrorEstate,
  type TestMirror,
  rcloneRunning,
  startMirrorEstate,
} from '../support/mirror-estate.js';
import { whileStopped } from '../support/processes.js';
import { CANARY } from '../support/running-estate.js';

const PATIENCE_MS = 400_000;

/** At most so many moments of one run are looked at; each costs a download and a check. */
const MOMENTS = 10;

let estate: MirrorEstate;
let mirror: TestMirror;
beforeAll(async () => {
  estate = await startMirrorEstate();
  mirror = await estate.mirror('live', { bandwidth: '400K' });
  await estate.declare(({ repositories, jobs }) => {
    repositories.live = { host: 'here', volume: 'live', path: 'restic/live', password: 'password' };
    jobs['live-save'] = { kind: 'snapshot', volume: 'flux', repository: 'live', keep: { last: 50 } };
  });
});
afterAll(() => estate.remove());

const save = async (): Promise<void> => {
  await writeFile(join(estate.flux, randomBytes(4).toString('hex')), randomBytes(1_000_000));
  expect(await estate.run('live-save')).toMatchObject({ outcome: 'complete' });
};

const restic = (repository: string, ...args: string[]) =>
  execa('restic', ['--repo', repository, ...args], {
    env: { RESTIC_PASSWORD: CANARY },
    all: true,
    reject: false,
  });

const live = (): string => join(mirror.root, 'restic', 'live');

interface Moment {
  at: number;
  fileName: string;
}

/** When the mirrored repository changed, after a moment; of many packs in a row some. */
function momentsAfter(since: number): Moment[] {
  const moments = mirror
    .versions()
    .filter(
      ({ fileName, uploadTimestamp }) => fileName.startsWith('live/restic/live/') && uploadTimestamp > since,
    )
    .map(({ fileName, uploadTimestamp }) => ({ fileName, at: uploadTimestamp }))
    .sort((a, b) => a.at - b.at);
  const telling = moments.filter(({ fileName }) => /\/(index|snapshots)\//.test(fileName));
  const packs = moments.filter((moment) => !telling.includes(moment));
  const step = Math.max(1, Math.ceil(packs.length / Math.max(1, MOMENTS - telling.length)));
  return [...telling, ...packs.filter((_, index) => index % step === 0)].sort((a, b) => a.at - b.at);
}

/** Takes the mirrored repository as it was at a moment, by plain rclone, and has plain restic check it. */
async function checkAt({ at, fileName }: Moment): Promise<number> {
  const copy = join(estate.folder, 'copy');
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy);
  const time = new Date(at).toISOString();
  const from = `${mirror.remote}/restic/live`;
  expect(await mirror.rclone('copy', '--fast-list', '--b2-version-at', time, from, copy)).toMatchObject({
    exitCode: 0,
  });
  const check = await restic(copy, 'check', '--read-data', '--no-cache');
  expect(check.exitCode, `after ${fileName} at ${time}: ${check.all}`).toBe(0);
  return (await readdir(join(copy, 'snapshots'))).length;
}

const latest = (): number => Math.max(...mirror.versions().map(({ uploadTimestamp }) => uploadTimestamp));

describe('a restic repository on a mirrored volume', () => {
  it(
    'opens from the mirror at every moment, while snapshots are taken during the run',
    async () => {
      await save();
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      expect(await checkAt({ at: latest(), fileName: 'everything' })).toBe(1);

      await save();
      await save();
      const since = latest();
      const following = mirror.follow();
      await whileStopped(await rcloneRunning(estate.folder, 'copy'), save);
      const run = answer(await following.ended);
      expect(run).toMatchObject({ outcome: 'complete' });
      const moments = momentsAfter(since);
      expect(moments.length).toBeGreaterThan(4);
      let snapshots = 0;
      for (const moment of moments) snapshots = await checkAt(moment);
      expect(snapshots).toBe(3); // the fourth waits for the next run

      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      expect(await checkAt({ at: latest(), fileName: 'everything' })).toBe(4);
      expect(await mirror.names()).not.toContainEqual(expect.stringContaining('/locks/'));
    },
    PATIENCE_MS,
  );

  it(
    'opens at every moment while what was forgotten and pruned goes from there',
    async () => {
      expect(await restic(live(), 'forget', '--keep-last', '1', '--prune')).toMatchObject({ exitCode: 0 });
      const since = latest();
      const run = await mirror.run();
      expect(run).toMatchObject({ outcome: 'complete' });
      expect(run.result?.deleted.files).toBeGreaterThan(3);
      for (const moment of momentsAfter(since)) await checkAt(moment);
      expect(await checkAt({ at: latest(), fileName: 'everything' })).toBe(1);
    },
    PATIENCE_MS,
  );

  it(
    'that is pruned by hand during the run waits for the next run, and opens all the while',
    async () => {
      await save();
      await save();
      const since = latest();
      const following = mirror.follow();
      const pruned = await whileStopped(await rcloneRunning(estate.folder, 'copy'), () =>
        restic(live(), 'forget', '--keep-last', '1', '--prune'),
      );
      expect(pruned).toMatchObject({ exitCode: 0 });
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'partial',
        result: { postponed: ['restic/live'] },
        error: { type: 'SourceChanged' },
      });
      for (const moment of momentsAfter(since)) await checkAt(moment);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      for (const moment of momentsAfter(since)) await checkAt(moment);
    },
    PATIENCE_MS,
  );
});
