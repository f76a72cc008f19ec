import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { type TemporalServer, startPreparedServer } from '../support/temporal-server.js';
import { type FakeWorkers, HOLD, RESULT, startFakeWorkers } from './fake-workers.js';
import { Fts, answer, fts } from './fts.js';
import { type Sandbox, makeSandbox } from './sandbox.js';

interface Status {
  temporal: string;
  healthy: boolean;
  jobs: {
    job: string;
    state: string;
    waiting: string | null;
    lastOutcome: string | null;
    next: string | null;
    result: unknown;
    hold: object | null;
  }[];
  volumes: { volume: string; state: string }[];
  workers: { queue: string; state: string; lastSeen: string | null }[];
}

let sandbox: Sandbox;

const status = async (): Promise<Status & { exitCode: number | null }> => {
  const exit = await fts(['status', '--json'], sandbox);
  return { ...(answer(exit) as unknown as Status), exitCode: exit.exitCode };
};
const jobOf = ({ jobs }: Status, name: string) => jobs.find(({ job }) => job === name);

describe('with a server and workers', () => {
  let server: TemporalServer;
  let workers: FakeWorkers;

  beforeAll(async () => {
    server = await startPreparedServer();
    workers = await startFakeWorkers(server.address);
    sandbox = await makeSandbox(server.address);
  });

  afterAll(async () => {
    await workers.stop();
    await server.remove();
    await sandbox.remove();
  });

  it('tells each job by its last run that was not skipped, and every worker', async () => {
    await Promise.all(
      ['good', 'partial', 'broken', 'skipping', 'hourly'].map((job) => fts(['run', job], sandbox)),
    );
    const told = await status();
    expect(told).toMatchObject({
      estate: 'box',
      at: expect.stringMatching(/Z$/) as string,
      temporal: 'up',
      workers: [
        { queue: 'fts-control', state: 'up', lastSeen: expect.stringMatching(/Z$/) as string },
        { queue: 'host-elsewhere', state: 'up' },
      ],
    });
    expect(jobOf(told, 'good')).toEqual({
      job: 'good',
      kind: 'snapshot',
      state: 'ok',
      waiting: null,
      lastSuccess: expect.stringMatching(/Z$/) as string,
      lastOutcome: 'complete',
      ageSeconds: expect.any(Number) as number,
      sloSeconds: null,
      next: null,
      result: RESULT,
      hold: null,
    });
    expect(jobOf(told, 'partial')).toMatchObject({
      state: 'failing',
      lastOutcome: 'partial',
      lastSuccess: null,
    });
    expect(jobOf(told, 'broken')).toMatchObject({ state: 'failing', lastOutcome: 'failed', result: null });
    expect(jobOf(told, 'skipping')).toMatchObject({ state: 'never', lastOutcome: null });
    expect(jobOf(told, 'hourly')).toMatchObject({ state: 'ok', sloSeconds: 7200 });
    expect(jobOf(told, 'hourly')?.next).toMatch(/:00:00\.000Z$/);
    expect(jobOf(told, 'tidy')).toMatchObject({ kind: 'check', state: 'never' });
  });

  it('tells what is held, since when, how to answer, and what the host knows of the plan', async () => {
    await fts(['run', 'held'], sandbox);
    expect(jobOf(await status(), 'held')).toMatchObject({
      state: 'held',
      hold: { ...HOLD, rejectedAt: null, removal: null, biggest: null },
    });
    const since = new Date(Date.now() - 2 * 3_600_000).toISOString();
    const biggest = [{ path: 'old/film.mov', bytes: 2048 }];
    const record = { job: 'held', ...HOLD, removal: { files: 25, bytes: 4096 }, biggest, since };
    await sandbox.state.write('holds/held.json', record);
    expect(jobOf(await status(), 'held')?.hold).toMatchObject({ since, removal: record.removal, biggest });
    const { stdout } = await fts(['status'], sandbox);
    expect(stdout).toContain(`held is held for 2h: ${HOLD.reason}`);
    expect(stdout).toContain('in all 25 files, 4.0 KiB; the biggest: old/film.mov (2.0 KiB)');
    expect(stdout).toContain(`\`${HOLD.approveWith}\`, or \`fts reject held\``);

    await sandbox.state.write('holds/held.json', { ...record, rejectedAt: new Date().toISOString() });
    const rejected = (await fts(['status'], sandbox)).stdout;
    expect(rejected).toMatch(/^held +held .* held, rejected: 0 files deleted/m);
    expect(rejected).toMatch(/held was held \(25 files .*\) and rejected \ds ago: `fts run held` plans anew/);
    expect(rejected).not.toContain('fts approve');

    await sandbox.state.write('holds/held.json', { ...record, planHash: 'another plan' });
    expect(jobOf(await status(), 'held')?.hold).toMatchObject({ removal: null, rejectedAt: null });
  });

  it('shows what runs', async () => {
    const following = new Fts(['run', 'slow'], sandbox);
    await following.untilStderr(/backup/);
    expect(jobOf(await status(), 'slow')).toMatchObject({ state: 'running', waiting: null });
    workers.gate.open();
    await following.ended;
  });

  it('says why what runs does not get on', async () => {
    const following = new Fts(['run', 'stuck'], sandbox);
    await following.untilStderr(/the door is shut/);
    const waiting = 'RepositoryUnreachable: the door is shut';
    expect(jobOf(await status(), 'stuck')).toMatchObject({ state: 'running', waiting });
    expect((await fts(['status'], sandbox)).stdout).toContain(`stuck does not get on (${waiting})`);
    await fts(['cancel', 'stuck'], sandbox);
    await following.ended;
  });

  it('knows nothing of volumes elsewhere, and is then not healthy', async () => {
    const told = await status();
    expect(told.volumes).toMatchObject([
      { volume: 'flux', state: 'unknown', totalBytes: null, freeBytes: null },
      { volume: 'space', state: 'unknown' },
    ]);
    expect(told).toMatchObject({ healthy: false, exitCode: 1 });
  });

  it('counts a worker as down at once when its process, recorded on this machine, is gone', async () => {
    const earlier = { pid: process.pid, startedAt: '2026-11-21T00:00:00.000Z', startTicks: 1 };
    await sandbox.state.write('workers/host-elsewhere.json', earlier);
    const { workers: told } = await status();
    expect(told).toContainEqual(expect.objectContaining({ queue: 'host-elsewhere', state: 'down' }));
    await sandbox.state.remove('workers/host-elsewhere.json');
  });

  it('fits a terminal of 100 columns, and says what to do about what is wrong', async () => {
    const { stdout } = await fts(['status'], sandbox);
    const [table = '', advice = ''] = stdout.split('What to do');
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(advice).toContain('volume flux is unknown');
    expect(advice).toMatch(/broken was failed, \w+: /); // although it has no cron
  });
});

describe('without a server', () => {
  beforeAll(async () => {
    sandbox = await makeSandbox();
  });

  afterAll(() => sandbox.remove());

  it('answers from the last records of this machine, and ends with 3', async () => {
    const endedAt = new Date(Date.now() - 60_000).toISOString();
    const ended = {
      workflowId: 'box/hourly',
      runId: 'r',
      outcome: 'complete',
      startedAt: endedAt,
      endedAt,
      result: RESULT,
    };
    await sandbox.state.write('jobs/hourly.json', {
      job: 'hourly',
      kind: 'snapshot',
      lastSuccess: ended,
      last: ended,
    });
    const told = await status();
    expect(told).toMatchObject({ temporal: 'down', healthy: false, exitCode: 3 });
    expect(jobOf(told, 'hourly')).toMatchObject({ state: 'ok', lastSuccess: endedAt, result: RESULT });
  });

  it('takes no success for one of today that a clock told which was years ahead', async () => {
    const endedAt = '2060-01-01T00:00:00.000Z';
    const ended = {
      workflowId: 'box/hourly',
      runId: 'r',
      outcome: 'complete',
      startedAt: endedAt,
      endedAt,
      result: RESULT,
    };
    const record = { job: 'hourly', kind: 'snapshot', lastSuccess: ended, last: ended };
    await sandbox.state.write('jobs/hourly.json', record);
    expect(jobOf(await status(), 'hourly')).toMatchObject({ state: 'overdue' });
    const { stdout } = await fts(['status'], sandbox);
    expect(stdout).toContain(`its last success is of ${endedAt}, a time yet to come: a clock was wrong`);
  });

  it('goes on when a record is damaged', async () => {
    await writeFile(join(sandbox.folder, 'state/box/jobs/hourly.json'), '{"job":');
    const told = await status();
    expect(jobOf(told, 'hourly')).toMatchObject({ state: 'never' });
  });
});
