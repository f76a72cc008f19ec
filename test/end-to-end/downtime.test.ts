import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, ScheduleHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { OFTEN_MS, killBeforeDue, pauseAndSettle, whileMissed } from '../support/missed-times.js';
import { type RunningEstate, resticOf, startEstate } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;

let estate: RunningEstate;
let client: Client;
let schedule: ScheduleHandle;

beforeAll(async () => {
  estate = await startEstate({ often: { cron: '0 5 * * *', slo: '2s', keep: { last: 99 } } });
  client = await estate.server.client();
  await writeFile(join(estate.flux, 'small'), 'content');
  expect(await estate.run('often')).toMatchObject({ outcome: 'complete' });
  expect((await estate.fts('schedules', 'apply')).exitCode).toBe(0);
  schedule = client.schedule.getHandle('testbed/often');
  await schedule.pause();
  await schedule.update((previous) => ({
    ...previous,
    spec: { intervals: [{ every: OFTEN_MS }] },
  }));
}, PATIENCE_MS);
afterAll(() => estate.remove());

let snapshotsBefore: number;
beforeEach(async () => {
  snapshotsBefore = await taken('often');
});

interface Due {
  at: number;
  startedAt: number;
  outcome: unknown;
}

/** What the schedule has started since then. */
async function dueSince(since: number): Promise<Due[]> {
  const due: Due[] = [];
  for await (const { typedSearchAttributes, startTime, memo } of client.workflow.list({
    query: `WorkflowType = "due" AND StartTime > "${new Date(since).toISOString()}"`,
  })) {
    const at = typedSearchAttributes.get({ name: 'TemporalScheduledStartTime', type: 'DATETIME' });
    const { outcome } = (memo?.report ?? {}) as { outcome?: unknown };
    due.push({ at: at?.getTime() ?? 0, startedAt: startTime.getTime(), outcome });
  }
  return due;
}

const runsSince = async (since: number): Promise<number> =>
  (
    await client.workflow.count(
      `WorkflowId = "testbed/often" AND StartTime > "${new Date(since).toISOString()}"`,
    )
  ).count;

/** Complete snapshots of a job. */
async function taken(job: string): Promise<number> {
  const snapshots = JSON.parse(await estate.restic('snapshots', '--json')) as { tags: string[] }[];
  return snapshots.filter(({ tags }) => tags.join() === `fts,job=${job}`).length;
}

interface Status {
  temporal: unknown;
  healthy: boolean;
  jobs: {
    job: string;
    state: string;
    waiting: string | null;
    lastOutcome: string | null;
    ageSeconds: number;
  }[];
  workers: { queue: string; state: string }[];
}

async function status() {
  const { healthy, jobs, workers, temporal } = answer(
    await estate.fts('status', '--json'),
  ) as unknown as Status;
  return { healthy, temporal, workers, often: jobs.find(({ job }) => job === 'often') };
}

async function stopHost(): Promise<void> {
  const { child, ended } = estate.worker('host');
  child.kill('SIGTERM');
  await ended;
}

/** The server is away for some due times, and comes back; what it was away for has been made up for. */
async function serverAway(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<number> {
  const firstMissed = await killBeforeDue(estate.server, schedule);
  await meanwhile();
  await whileMissed(firstMissed);
  const back = Date.now();
  await estate.server.start();
  await until(async () => (await dueSince(back)).some(({ at }) => at < back));
  await until(async () => (await dueSince(back)).some(({ at }) => at > back));
  return back;
}

const dueJob = () => client.workflow.getHandle('testbed/often');

describe('due times that are missed are made up for once', () => {
  it(
    'when the server was away: status answers from the record meanwhile, and says that it is overdue',
    async () => {
      await schedule.unpause();
      await until(async () => (await dueSince(0)).some(({ outcome }) => outcome === 'complete'));
      const back = await serverAway(async () => {
        await until(async () => (await status()).often?.state === 'overdue');
        expect(await status()).toMatchObject({ healthy: false, often: { lastOutcome: 'complete' } });
      });
      await until(async () => (await runsSince(back)) > 0); // the first may have found a run that outlived the server
      await pauseAndSettle(schedule);
      const caughtUp = (await dueSince(back)).filter(({ at }) => at < back);
      expect(caughtUp).toHaveLength(1);
      await until(async () => (await dueJob().describe()).status.name === 'COMPLETED');
      expect(await runsSince(back)).toBeLessThanOrEqual((await dueSince(back)).length);
    },
    PATIENCE_MS,
  );

  it(
    'when the host was away: one run waits for it, without an end, and status and run say for whom',
    async () => {
      await stopHost();
      const since = Date.now();
      await schedule.unpause();
      await until(
        async () => (await dueSince(since)).filter(({ outcome }) => outcome === 'skipped').length >= 3,
      );
      await pauseAndSettle(schedule);
      const seen = await status();
      expect(seen).toMatchObject({ healthy: false, often: { state: 'running', lastOutcome: 'complete' } });
      expect(seen.often?.waiting).toMatch(/^waiting for host-here, last seen /);
      expect(seen.workers).toContainEqual(expect.objectContaining({ queue: 'host-here', state: 'down' }));

      const run = await estate.fts('run', 'often', '--json', '--timeout', '3');
      expect(run.exitCode).toBe(1);
      expect(answer(run)).toMatchObject({ outcome: 'failed', error: { type: 'HostUnavailable' } });
      expect((await dueJob().describe()).status.name).toBe('RUNNING');

      await estate.startWorker('host');
      expect(await dueJob().result()).toMatchObject({ outcome: 'complete' });
      expect(await runsSince(since)).toBe(1);
      expect(await taken('often')).toBe(snapshotsBefore + 1);
      expect(await status()).toMatchObject({ often: { lastOutcome: 'complete' } });
    },
    PATIENCE_MS,
  );

  it(
    'when both were away and the server is back first',
    async () => {
      await stopHost();
      const since = Date.now();
      await serverAway();
      await until(async () => (await runsSince(since)) > 0);
      await pauseAndSettle(schedule);
      await estate.startWorker('host');
      expect(await dueJob().result()).toMatchObject({ outcome: 'complete' });
      expect(await runsSince(since)).toBe(1);
      expect(await taken('often')).toBe(snapshotsBefore + 1);
    },
    PATIENCE_MS,
  );

  it(
    'when both were away and the host is back first: its worker waits for the server',
    async () => {
      await stopHost();
      const since = Date.now();
      await schedule.unpause();
      await until(async () => (await dueSince(since)).some(({ outcome }) => outcome === 'complete')); // and is in nobody's way
      const back = await serverAway(async () => {
        await estate.startWorker('host', { says: /the Temporal server does not answer, waiting for it/ });
      });
      await estate.worker('host').untilStderr(/"event":"ready"/);
      await until(async () => (await taken('often')) > snapshotsBefore);
      await pauseAndSettle(schedule);
      expect((await dueSince(back)).filter(({ at }) => at < back)).toHaveLength(1);
      expect(await dueJob().result()).toMatchObject({ outcome: 'complete' });
      const runs = await runsSince(since);
      expect(runs).toBeLessThanOrEqual((await dueSince(since)).length);
      expect(await taken('often')).toBe(snapshotsBefore + runs);
    },
    PATIENCE_MS,
  );

  it('a run may wait for its host for ever: nothing in it ends by itself before the host has begun', async () => {
    const { events } = await dueJob().fetchHistory();
    const [started] = (events ?? []).flatMap((event) => event.workflowExecutionStartedEventAttributes ?? []);
    for (const timeout of [started?.workflowExecutionTimeout, started?.workflowRunTimeout])
      expect(Number(timeout?.seconds ?? 0)).toBe(0);
    const steps = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    const names = steps.map(({ activityType }) => activityType?.name);
    expect(names).toEqual(expect.arrayContaining(['takeSnapshot', 'forgetSnapshots', 'recordRun']));
    for (const { scheduleToStartTimeout, scheduleToCloseTimeout } of steps)
      expect(
        [scheduleToStartTimeout, scheduleToCloseTimeout].map((limit) => Number(limit?.seconds ?? 0)),
      ).toEqual([0, 0]);
  });
});

it(
  'a machine that sleeps in the middle of a run goes on with it when it wakes, with one writer and one snapshot',
  async () => {
    await estate.fill();
    const following = estate.follow('run', 'slow', '--json');
    const [restic, worker] = [await estate.storing(), await estate.workerPid('host-here')];
    for (const pid of [worker, restic]) process.kill(pid, 'SIGSTOP');
    const attempts = async (): Promise<number> => {
      const { raw } = await client.workflow.getHandle('testbed/slow').describe();
      return Math.max(...(raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 1));
    };
    const asleep = await attempts();
    await until(async () => (await attempts()) > asleep); // the server takes the worker for dead after its 30 seconds
    expect(await resticOf(estate.folder)).toBe(restic);
    for (const pid of [worker, restic]) process.kill(pid, 'SIGCONT');
    expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
    expect(await taken('slow')).toBe(1);
    expect(await resticOf(estate.folder)).toBeUndefined();
    await estate.restic('check', '--read-data');
  },
  PATIENCE_MS,
);
