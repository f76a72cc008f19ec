import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Fts, answer } from '../cli/fts.js';
import { processesWith } from '../support/processes.js';
import { type RunningEstate, isRunning, startEstate } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 300_000;

let estate: RunningEstate;
let first: Fts;
beforeEach(async () => {
  estate = await startEstate();
  first = estate.worker('host');
});
afterEach(async () => {
  first.child.kill('SIGTERM');
  await first.ended;
  await estate.remove();
});

it(
  'a second worker of a host never runs a job beside the first, and a person is told what it waits for',
  async () => {
    await writeFile(join(estate.flux, 'small'), 'content');
    await estate.fill();
    const worker = await estate.workerPid('host-here');
    const following = estate.follow('run', 'slow', '--json');
    const restic = await estate.storing();
    await estate.startWorker('host');

    for (const pid of [worker, restic]) process.kill(pid, 'SIGSTOP');
    try {
      await following.untilStderr(new RegExp(`held by process ${String(restic)} \\(restic\\); waiting`));
      expect(await isRunning(restic)).toBe(true);
      const writers = await processesWith(estate.folder, '\0backup\0');
      expect(writers.map(({ pid }) => pid)).toEqual([restic]);
    } finally {
      for (const pid of [worker, restic]) process.kill(pid, 'SIGCONT');
    }

    expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
    const snapshots = JSON.parse(await estate.restic('snapshots', '--json')) as { tags: string[] }[];
    const complete = snapshots.filter(({ tags }) => !tags.includes('partial'));
    expect(complete.map(({ tags }) => tags.join())).toEqual(['fts,job=slow']);
    expect(await estate.restic('check')).toContain('no errors were found');
    await until(async () => (await readdir(join(estate.repository, 'locks'))).length === 0);
    const record = await readFile(join(estate.state, 'jobs', 'slow.json'), 'utf8');
    expect(JSON.parse(record)).toMatchObject({ last: { outcome: 'complete' } });
  },
  PATIENCE_MS,
);
