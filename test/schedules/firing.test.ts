import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applySchedules } from '../../schedules/apply.js';
import { estateSchedules } from '../../schedules/define.js';
import { backfill, ownSchedule, triggerNow } from '../../schedules/operate.js';
import type { Estate } from '../../src/estate/schema.js';
import { type Running, cleanEnvironment, startFts } from '../support/fts.js';
import { OFTEN_MS, killBeforeDue, whileMissed } from '../support/missed-times.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let server: TemporalServer;
let file: ScheduleEstate;
let estate: Estate;
let client: Client;
let control: Running;

/** A server, and a control worker but no host worker: a job that is started goes on until it is ended here. */
beforeEach(async () => {
  server = await makeTemporalServer();
  await server.start();
  client = await server.client();
  file = await makeScheduleEstate('home');
  ({ estate } = await file.declare({ save: { cron: '0 5 * * *' } }));
  const environment = { TEMPORAL_ADDRESS: server.address, FTS_STATE_DIR: join(file.folder, 'state') };
  control = startFts(['worker', '--control', '--estate', file.file], cleanEnvironment(environment));
  await control.says('"event":"ready"');
});
afterEach(async () => {
  await control.ends('SIGKILL');
  await server.remove();
  await file.remove();
});

interface Due {
  /** When it was due. */
  at: Date;
  startedAt: Date;
  outcome: unknown;
}

/** What the schedule has started so far, in the order in which it was due. */
async function dueRuns(): Promise<Due[]> {
  const runs: Due[] = [];
  for await (const { typedSearchAttributes, workflowId, memo, startTime } of client.workflow.list({
    query: 'WorkflowType = "due"',
  })) {
    expect(workflowId).toMatch(/^home\/save\/due-/);
    const at = typedSearchAttributes.get({ name: 'TemporalScheduledStartTime', type: 'DATETIME' });
    const report = memo?.report;
    const outcome =
      typeof report === 'object' && report !== null && 'outcome' in report ? report.outcome : undefined;
    runs.push({ at: at ?? new Date(0), startedAt: startTime, outcome });
  }
  return runs.sort(
    (a, b) => a.at.getTime() - b.at.getTime() || a.startedAt.getTime() - b.startedAt.getTime(),
  );
}

const jobRuns = async (): Promise<number> => {
  const { count } = await client.workflow.count('WorkflowType = "snapshot"');
  return count;
};

async function own() {
  const schedule = await ownSchedule(client, 'home', 'home/save');
  if (schedule === undefined) throw new Error('the schedule is not in place');
  return schedule;
}

describe('a schedule', () => {
  it('starts the job under its one id; while that runs, what is due is skipped, naming it', async () => {
    await applySchedules(client, estate);
    await triggerNow(await own());
    await until(
      async () => (await client.workflow.getHandle('home/save').describe()).status.name === 'RUNNING',
    );
    await until(async () => (await dueRuns()).map(({ outcome }) => outcome).join() === 'complete');
    await triggerNow(await own());
    await until(async () => (await dueRuns()).length === 2);
    await until(async () => (await dueRuns())[1]?.outcome === 'skipped');
    expect(await jobRuns()).toBe(1);
  });

  it('gives what it starts the search attributes and words that people find it by', async () => {
    await applySchedules(client, estate);
    await triggerNow(await own());
    const query = 'FtsEstate = "home" AND FtsJob = "save" AND FtsKind = "snapshot" AND FtsHost = "here"';
    await until(async () => (await client.workflow.count(query)).count === 2);
    const { staticSummary } = await client.workflow
      .getHandle('home/save')
      .describe()
      .then(async (run) => ({ staticSummary: await run.staticSummary() }));
    expect(staticSummary).toBe('save: snapshot on here');
  });

  it('runs once for a backfill over many due times', async () => {
    await applySchedules(client, estate);
    await backfill(await own(), {
      start: new Date('2026-01-01T00:00:00Z'),
      end: new Date('2026-01-10T00:00:00Z'),
    });
    await until(
      async () =>
        (await dueRuns()).length > 0 && (await dueRuns()).every(({ outcome }) => outcome !== undefined),
    );
    expect(await jobRuns()).toBe(1);
  });

  it('catches up with one run after the server was down over several due times', async () => {
    const [declared] = estateSchedules(estate);
    if (declared === undefined) throw new Error('no schedule');
    await applySchedules(client, { ...estate, jobs: {} });
    // The estate's own schedule, but for how often it is due.
    const schedule = await client.schedule.create({
      ...declared.options,
      spec: { intervals: [{ every: OFTEN_MS }] },
      state: { paused: true },
    });
    await whileMissed(await killBeforeDue(server, schedule));
    const back = new Date();
    await server.start();
    await until(async () => (await dueRuns()).some(({ at }) => at < back));
    await until(async () => (await dueRuns()).some(({ at }) => at > back));
    const caughtUp = (await dueRuns()).filter(({ at, startedAt }) => at < back && startedAt > back);
    expect(caughtUp).toHaveLength(1);
    expect(await jobRuns()).toBe(1);
  });
});
