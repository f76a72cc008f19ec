import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { answer } from '../cli/fts.js';
import { type HeldTool, heldTool } from '../support/held-tool.js';
import { isInterrupted } from '../support/processes.js';
import { type RunningEstate, isRunning, startEstate } from '../support/running-estate.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

/** What a terminal sends for Ctrl-C. */
const CTRL_C = '\u0003';
const PATIENCE_MS = 180_000;
/** Files of one project. */
const MANY = 200;

let estate: RunningEstate;
/** Is held where it restores. */
let restic: HeldTool;
let before: Record<string, string>;

beforeAll(async () => {
  restic = await heldTool('restic', { when: '*" restore "*', handles: ['INT', 'TERM'] });
  estate = await startEstate();
  const file = join(estate.folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as { jobs: Record<string, unknown> };
  declared.jobs.graduation = {
    ...{ kind: 'graduation', from: 'flux/active', to: 'space/projects', inactive: '30d' },
  };
  await writeFile(file, stringify(declared));
  await project('old', 1);
  await project('many', 10, MANY);
  await project('new', 20);
  await mkdir(join(estate.flux, 'models'));
  await writeFile(join(estate.flux, 'models', 'weights'), 'weights');
  await execa('ln', ['weights', 'same'], { cwd: join(estate.flux, 'models') });
  before = await live();
  await estate.restic('backup', '-q', estate.flux);
}, PATIENCE_MS);
afterEach(() => restic.letGo());
afterAll(async () => {
  await estate.remove();
  await restic.remove();
});

/** A project in which everything was changed that day of 2026. */
async function project(name: string, day: number, files = 1): Promise<void> {
  const folder = join(estate.flux, 'active', name);
  await mkdir(folder, { recursive: true });
  const time = new Date(Date.UTC(2026, 0, day));
  for (let nth = 0; nth < files; nth += 1) {
    const path = join(folder, `file-${String(nth)}`);
    await writeFile(path, randomBytes(2000));
    await utimes(path, time, time);
  }
  await utimes(folder, time, time);
}

const live = (): Promise<Record<string, string>> => treeOf(estate.flux, (name) => name.startsWith('.fts'));

/** Another drive, empty, in place of the lost one. */
async function loseDrive(): Promise<void> {
  await rm(estate.flux, { recursive: true });
  await mkdir(estate.flux);
  expect(await estate.fts('rebuild', 'flux', '--yes')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('fts provision flux') as string,
  });
  expect((await estate.fts('provision', 'flux')).exitCode).toBe(0);
}

const rebuild = async (...args: string[]): Promise<Record<string, unknown>> => {
  const exit = await estate.fts('rebuild', 'flux', '--json', ...args);
  return { ...answer(exit), exitCode: exit.exitCode };
};

const status = async () => answer(await estate.fts('status', '--json'));

describe('fts rebuild', { timeout: PATIENCE_MS }, () => {
  it('asks, or is told that it may', async () => {
    expect(await rebuild()).toMatchObject({
      exitCode: 2,
      error: { type: 'Usage', hint: expect.stringContaining('--yes') as string },
    });
  });

  it.each([
    [['--repository', 'lokal'], /no repository "lokal"/, /did you mean local\?/],
    [['--snapshot', 'ffffffff'], /no snapshot ffffffff/, /there are/],
    [['--at', '2020-01-01'], /no snapshot .* as old/, /there are/],
    [['--remote', 'cloud'], /no remote "cloud"/, /./],
    [['--at', 'now', '--snapshot', 'latest'], /exclude each other/, /one of the two/],
  ])('ends with 2 for %j, and writes nothing', async (args, message, hint) => {
    const refused = await rebuild('--yes', ...args);
    expect(refused).toMatchObject({
      exitCode: 2,
      error: {
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      },
    });
    expect(await live()).toEqual(before);
  });

  it('brings a lost volume back, and keeps its jobs from taking a part for the whole', async () => {
    await loseDrive();
    await restic.holdNext();
    const following = estate.follow('rebuild', 'flux', '--yes', '--json');
    const pid = await restic.held();
    expect(await estate.run('save')).toMatchObject({
      outcome: 'skipped',
      error: { type: 'VolumeRebuilding' },
    });
    expect(await status()).toMatchObject({
      rebuilds: [{ volume: 'flux', state: 'running', parts: { count: 4, failed: 0 }, waiting: null }],
    });
    expect((await estate.fts('status')).stdout).toMatch(/^flux is rebuilt: \d of 4 parts are back/m);
    const second = estate.follow('rebuild', 'flux', '--yes', '--json');
    await second.untilStderr(/being rebuilt already/);
    process.kill(pid, 'SIGCONT');
    const ended = answer(await following.ended);
    expect(ended).toMatchObject({
      ...{ outcome: 'complete', kind: 'rebuild', volume: 'flux', workflowId: 'testbed/rebuild/flux' },
      source: { repository: 'local', snapshotId: expect.any(String) as string },
      parts: { count: 4, done: 4, failed: [] },
      restored: { files: MANY + 4 },
      unchanged: { files: 0 },
      conflicts: { count: 0, first: [] },
      verified: { files: MANY + 4 },
    });
    expect(answer(await second.ended)).toMatchObject({ outcome: 'complete', parts: { done: 4 } });
    expect(await live()).toEqual(before);
    const report = (await readFile(String(ended.report), 'utf8')).trimEnd().split('\n');
    const paths = report.map((line) => (JSON.parse(line) as { path: string }).path);
    expect(paths).toEqual(['active/new', 'active/many', 'active/old', 'models']);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    expect(await status()).toMatchObject({ rebuilds: [], healthy: true });
  });

  it('changes nothing the second time', async () => {
    expect(await rebuild('--yes')).toMatchObject({
      ...{ exitCode: 0, restored: { files: 0 }, unchanged: { files: MANY + 4 } },
    });
    expect(await live()).toEqual(before);
  });

  it('interrupted by the death of its workers is finished by the next ones', async () => {
    await loseDrive();
    await restic.holdNext();
    const following = estate.follow('rebuild', 'flux', '--yes', '--json');
    const pid = await restic.held();
    for (const kind of ['host', 'control'] as const) {
      process.kill(await estate.workerPid(kind === 'host' ? 'host-here' : 'fts-control'), 'SIGKILL');
      await estate.worker(kind).ended;
    }
    process.kill(pid, 'SIGCONT');
    await until(async () => !(await isRunning(pid)));
    await Promise.all([estate.startWorker('control'), estate.startWorker('host')]);
    expect(answer(await following.ended)).toMatchObject({
      ...{ outcome: 'complete', parts: { done: 4 }, restored: { files: MANY + 4 } },
    });
    expect(await live()).toEqual(before);
  });

  it('goes on while its server is restarted', async () => {
    await loseDrive();
    await restic.holdNext();
    const following = estate.follow('rebuild', 'flux', '--yes', '--json');
    const pid = await restic.held();
    await estate.server.kill();
    await estate.server.start();
    process.kill(pid, 'SIGCONT');
    expect(answer(await following.ended)).toMatchObject({ outcome: 'complete', parts: { done: 4 } });
    expect(await live()).toEqual(before);
  });

  it('asks at a terminal, and plans anew where that is asked for', async () => {
    await loseDrive();
    for (const [typed, code] of [
      ['n\n', 5],
      [CTRL_C, 130],
    ] as const) {
      const { exitCode, screen } = await estate.atTerminal(typed, 'rebuild', 'flux');
      expect(exitCode, screen).toBe(code);
      expect(screen).toContain('Nothing was done.');
      expect(await live()).toEqual({});
    }
    const { exitCode, screen } = await estate.atTerminal('y\n', 'rebuild', 'flux');
    expect(exitCode, screen).toBe(0);
    expect(screen).toMatch(/4 parts to come back.*[^]*3 projects first[^]*4 of 4 parts back/);
    expect(await live()).toEqual(before);
    const again = await rebuild('--yes', '--restart');
    expect(again).toMatchObject({ outcome: 'complete', unchanged: { files: MANY + 4 } });
  });

  it('that was cancelled goes on with its plan, and says so', async () => {
    await loseDrive();
    await restic.holdNext();
    const following = estate.follow('rebuild', 'flux', '--yes', '--json');
    const pid = await restic.held();
    const cancelling = estate.follow('cancel', 'testbed/rebuild/flux', '--json');
    await until(() => isInterrupted(pid));
    process.kill(pid, 'SIGCONT');
    expect((await cancelling.ended).exitCode).toBe(0);
    expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled' });
    expect(await estate.run('save')).toMatchObject({ outcome: 'skipped' });
    expect(await status()).toMatchObject({
      ...{ rebuilds: [{ volume: 'flux', state: 'incomplete', endedAt: null }], healthy: false },
    });
    const told = await estate.fts('status');
    expect(told.stdout).toContain('flux is not all back');
    expect(told.stdout).toContain('`fts rebuild flux` goes on');
    const again = await estate.fts('rebuild', 'flux', '--yes');
    expect(again.stderr).toContain('that did not end goes on');
    expect(again.stdout).toContain('4 of 4 parts back');
    expect(again.exitCode).toBe(0);
    expect(await live()).toEqual(before);
    expect(answer(await estate.fts('watch', 'testbed/rebuild/flux', '--json'))).toMatchObject({
      ...{ kind: 'rebuild', volume: 'flux', outcome: 'complete', result: { parts: { done: 4 } } },
    });
  });
});
