import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { isInterrupted, whileStopped } from '../support/processes.js';
import { type RunningEstate, isRunning, resticOf, startEstate } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;

let estate: RunningEstate;

beforeEach(async () => {
  estate = await startEstate();
  await writeFile(join(estate.flux, 'small'), 'content');
  expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
  await estate.fill();
});
afterEach(() => estate.remove());

const snapshots = async (): Promise<{ tags: string[] }[]> =>
  JSON.parse(await estate.restic('snapshots', '--json')) as { tags: string[] }[];

describe('in the middle of a snapshot', () => {
  it(
    'a host worker that is killed takes its restic along, and the next worker finishes the run',
    async () => {
      const following = estate.follow('run', 'slow', '--json');
      const restic = await estate.storing();
      process.kill(await estate.workerPid('host-here'), 'SIGKILL');
      await until(async () => !(await isRunning(restic)));
      await estate.worker('host').ended;
      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
      expect((await snapshots()).map(({ tags }) => tags.join())).toEqual(['fts,job=save', 'fts,job=slow']);
      await estate.restic('check', '--read-data');
    },
    PATIENCE_MS,
  );

  it(
    'a host worker that is told to stop interrupts its restic, which leaves no lock, and the next worker finishes',
    async () => {
      const following = estate.follow('run', 'slow', '--json');
      await estate.storing();
      const worker = estate.worker('host');
      worker.child.kill('SIGTERM');
      expect((await worker.ended).exitCode).toBe(0);
      expect(await resticOf(estate.folder)).toBeUndefined();
      expect(await readdir(join(estate.repository, 'locks'))).toEqual([]);
      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
    },
    PATIENCE_MS,
  );

  it(
    'a Temporal server that is killed and started again changes nothing for who follows',
    async () => {
      const following = estate.follow('run', 'slow', '--json');
      await estate.storing();
      await estate.server.kill();
      await estate.server.start();
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
      expect((await snapshots()).filter(({ tags }) => tags.includes('job=slow'))).toHaveLength(1);
    },
    PATIENCE_MS,
  );

  it(
    'a control worker that is killed changes nothing either',
    async () => {
      const following = estate.follow('run', 'slow', '--json');
      await estate.storing();
      process.kill(await estate.workerPid('fts-control'), 'SIGKILL');
      await estate.worker('control').ended;
      await estate.startWorker('control');
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
    },
    PATIENCE_MS,
  );

  it(
    '`fts cancel` returns when restic has ended, and leaves no lock and no snapshot',
    async () => {
      const following = estate.follow('run', 'slow', '--json');
      const restic = await estate.storing();
      const cancelling = estate.follow('cancel', 'slow');
      await whileStopped(restic, () => until(() => isInterrupted(restic)));
      expect((await cancelling.ended).exitCode).toBe(0);
      expect(await isRunning(restic)).toBe(false);
      expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled', result: null });
      expect((await following.ended).exitCode).toBe(1);
      expect(await readdir(join(estate.repository, 'locks'))).toEqual([]);
      expect(await snapshots()).toHaveLength(1);
      expect(await estate.run('slow')).toMatchObject({ outcome: 'complete' });
    },
    PATIENCE_MS,
  );

  it(
    'a second run of the job attaches to the first, and another job of the repository waits for it',
    async () => {
      const first = estate.follow('run', 'slow', '--json');
      const restic = await estate.storing();
      const second = estate.follow('run', 'slow', '--json');
      const other = estate.follow('run', 'other', '--json');
      await whileStopped(restic, async () => {
        await second.untilStderr(/attached to that run/);
        await other.untilStderr(/held by process/);
      });
      const [a, b, c] = await Promise.all([first.ended, second.ended, other.ended]);
      expect(answer(b).runId).toBe(answer(a).runId);
      expect([answer(a), answer(b), answer(c)].map(({ outcome }) => outcome)).toEqual([
        'complete',
        'complete',
        'complete',
      ]);
      expect((await other.ended).stderr).toContain('held by process');
    },
    PATIENCE_MS,
  );
});
