import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, lstat, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isErrno } from '../../src/adapters/state.js';
import { answer } from '../cli/fts.js';
import { type RunningEstate, startEstate } from '../support/running-estate.js';
import { seeded } from '../support/seeded.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

const WATCHER = fileURLToPath(new URL('../support/project-watcher.mjs', import.meta.url));
const PROJECTS = ['one', 'two', 'three', 'four', 'five'];
const FILES = 300;

/** What the job takes for cold, and a wait after which everything made before is (milliseconds). */
const COLD = '1s';
const COOLING_MS = 1200;

/** Kills of the worker, and of tools of its, in the middle of moves; at most so long after a move began (milliseconds). */
const WORKER_KILLS = 2;
const TOOL_KILLS = 4;
const LATEST_KILL_MS = 300;

let estate: RunningEstate;
beforeAll(async () => {
  estate = await startEstate();
  const file = join(estate.folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as object;
  const job = { kind: 'graduation', from: 'flux/active', to: 'space/projects' };
  const jobs = { graduation: { ...job, inactive: COLD, keepSource: COLD } };
  await writeFile(file, stringify({ ...declared, jobs }));
  for (const folder of ['flux/active', 'space/projects']) await mkdir(join(estate.folder, folder));
});
afterAll(() => estate.remove());

const placesOf = (name: string): [string, string] => [
  join(estate.flux, 'active', name),
  join(estate.folder, 'space', 'projects', name),
];

/** A project as the watcher wants to know it. */
async function makeProject(name: string) {
  const places = placesOf(name);
  const [folder] = places;
  const [files, samples]: Record<string, string>[] = [{}, {}];
  await mkdir(join(folder, 'deep'), { recursive: true });
  for (let nth = 0; nth < FILES; nth += 1) {
    const path = join(nth % 2 === 0 ? '.' : 'deep', `file-${String(nth)}`);
    const text = `${name} ${String(nth)}\n`.repeat(10);
    await writeFile(join(folder, path), text);
    const { size, mtimeNs } = await lstat(join(folder, path), { bigint: true });
    if (files) files[path] = `${String(size)} ${String(mtimeNs)}`;
    if (samples && nth % 60 === 0) samples[path] = text;
  }
  await link(join(folder, 'file-0'), join(folder, 'deep', 'same'));
  await symlink('file-0', join(folder, 'link'));
  return { places, files, samples };
}

/** Steps of the moves that are under way. */
async function underWay(): Promise<string[]> {
  const text = await readFile(join(estate.state, 'graduation', 'graduation.json'), 'utf8').catch(() => '{}');
  const { moves = [] } = JSON.parse(text) as { moves?: { step: string }[] };
  return moves.map(({ step }) => step).filter((step) => step !== 'hidden');
}

/** Tools that a worker runs on projects. */
async function toolsOf(worker: number): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (Number(parent) === worker && ['cp', 'find', 'sync', 'xargs'].includes(name)) found.push(Number(pid));
  }
  return found;
}

/** Whether there was still something to kill. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

/** Starts a run that has begun a move, and waits a little more. */
async function startRun(delayMs: number) {
  const run = estate.follow('run', 'graduation', '--json');
  let isOver = false;
  void run.ended.then(() => {
    isOver = true;
  });
  await until(async () => isOver || (await underWay()).length > 0);
  await sleep(delayMs); // the moment of the kill is what is tested
  return { run, hasEnded: () => isOver };
}

describe('a graduation whose worker and tools are killed, again and again', () => {
  it(
    'has every project whole under its own name at every moment, and all of them moved in the end',
    { timeout: 400_000 },
    async () => {
      const random = seeded(20);
      const list = join(estate.folder, 'projects.json');
      await writeFile(list, JSON.stringify(await Promise.all(PROJECTS.map(makeProject))));
      const before = await Promise.all(PROJECTS.map((name) => treeOf(placesOf(name)[0])));
      await sleep(COOLING_MS);
      const watcher = spawn(process.execPath, [WATCHER, list], { stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      watcher.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
      const handle = (await estate.server.client()).workflow.getHandle('testbed/graduation');

      for (let nth = 0; nth < WORKER_KILLS; nth += 1) {
        const { run } = await startRun(random() * LATEST_KILL_MS);
        process.kill(await estate.workerPid('host-here'), 'SIGKILL');
        await estate.worker('host').ended;
        await handle.terminate().catch(() => undefined); // another run settles it, at once
        await run.ended;
        await estate.startWorker('host');
      }
      const { run, hasEnded } = await startRun(0);
      const worker = await estate.workerPid('host-here');
      for (let left = TOOL_KILLS; left > 0 && !hasEnded();) {
        await sleep(random() * LATEST_KILL_MS);
        for (const pid of await toolsOf(worker)) if (killed(pid)) left -= 1;
      }
      await run.ended;

      watcher.kill('SIGTERM');
      await once(watcher, 'close');
      const [looks = '', ...violations] = told.trim().split('\n').reverse();
      expect(violations).toEqual([]);
      expect((JSON.parse(looks) as { looks: number }).looks).toBeGreaterThan(100);

      await sleep(COOLING_MS); // what was put back a moment ago is not cold
      expect(await estate.run('graduation')).toMatchObject({ outcome: 'complete' });
      for (const [nth, name] of PROJECTS.entries())
        expect(await treeOf(placesOf(name)[1])).toEqual(before[nth]);
      await sleep(COOLING_MS);
      const last = answer(await estate.fts('run', 'graduation', '--json'));
      expect(last).toMatchObject({
        outcome: 'complete',
        result: { counts: { moved: 0, kept: 0, failed: 0 } },
      });
      for (const folder of ['flux/active', 'flux/.fts/graduated', 'space/.fts/staging'])
        expect(await readdir(join(estate.folder, folder))).toEqual([]);
      expect(await underWay()).toEqual([]);
    },
  );
});
