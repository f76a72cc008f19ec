import { type Client, ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applySchedules, planSchedules } from '../../schedules/apply.js';
import { listSchedules } from '../../schedules/list.js';
import { ESTATE_PAUSE_NOTE } from '../../schedules/pause.js';
import { nextDue } from '../../src/estate/cron.js';
import type { Estate } from '../../src/estate/schema.js';
import { type Jobs, type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let server: TemporalServer;
let client: Client;
let file: ScheduleEstate;
let name: string;
let count = 0;

beforeAll(async () => {
  server = await makeTemporalServer();
  await server.start();
  client = await server.client();
});
afterAll(() => server.remove());

beforeEach(async () => {
  name = `home${String((count += 1))}`;
  file = await makeScheduleEstate(name);
  return () => file.remove();
});

const declared = async (jobs: Jobs): Promise<Estate> => (await file.declare(jobs)).estate;
const handleOf = (job: string) => client.schedule.getHandle(`${name}/${job}`);
const NOTHING = { create: [], update: [], remove: [] };

/** A schedule of somebody else, in the same namespace. */
const foreign = (scheduleId: string) => ({
  scheduleId,
  spec: { intervals: [{ every: '1 day' }] },
  action: { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs', args: ['theirs'] },
});

describe('applying', () => {
  it('creates what is declared with a cron, and the second time finds all unchanged', async () => {
    const estate = await declared({
      hourly: { cron: '0 * * * *' },
      manual: {},
      nightly: { cron: '0 5 * * *', jitter: '5m' },
    });
    const ids = [`${name}/hourly`, `${name}/nightly`];
    expect(await planSchedules(client, estate)).toEqual({ ...NOTHING, create: ids, unchanged: [] });
    expect(await applySchedules(client, estate)).toEqual({ ...NOTHING, create: ids, unchanged: [] });
    expect(await applySchedules(client, estate)).toEqual({ ...NOTHING, unchanged: ids });
  });

  it('starts `due` for the job, one at a time, catching up for a week', async () => {
    await applySchedules(client, await declared({ hourly: { cron: '0 * * * *' } }));
    expect(await handleOf('hourly').describe()).toMatchObject({
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 7 * 24 * 3600 * 1000 },
      action: {
        workflowType: 'due',
        workflowId: `${name}/hourly/due`,
        taskQueue: 'fts-control',
        args: [{ estate: name, job: 'hourly', kind: 'snapshot', host: 'here' }],
        staticSummary: expect.stringContaining('hourly is due') as string,
      },
    });
  });

  it.each([
    '*/7 3-5 * * *',
    '0 0 13 * 5',
    '15,45 9-17/2 * * mon-fri',
    '0 2 29 2 *',
    '5/20 * 1-7 */3 sun',
    '59 23 31 12 7',
  ])('lets the server fire %s at the times the estate means', async (cron) => {
    const estate = await declared({ odd: { cron } });
    await applySchedules(client, estate);
    const { info } = await handleOf('odd').describe();
    let after = new Date();
    for (const time of info.nextActionTimes.slice(0, 5)) {
      const due = nextDue(cron, estate.timezone, after);
      expect(time.toISOString()).toBe(due?.toISOString());
      after = time;
    }
    expect((await applySchedules(client, estate)).unchanged).toHaveLength(1);
  });

  it('updates what changed in the estate, and says what', async () => {
    await applySchedules(
      client,
      await declared({ save: { cron: '0 5 * * *' }, same: { cron: '0 6 * * *' } }),
    );
    const estate = await declared({
      save: { cron: '0 7 * * *', keep: { last: 9 } },
      same: { cron: '0 6 * * *' },
    });
    const plan = await planSchedules(client, estate);
    expect(plan.unchanged).toEqual([`${name}/same`]);
    expect(plan.update.map(({ id }) => id)).toEqual([`${name}/save`]);
    expect(plan.update[0]?.changes).toContainEqual({ key: 'cron', from: '0 5 * * *', to: '0 7 * * *' });
    expect(plan.update[0]?.changes.map(({ key }) => key)).toContain('declaration.jobs.save.keep');
    await applySchedules(client, estate);
    expect(await planSchedules(client, estate)).toMatchObject(NOTHING);
  });

  it('puts right what was changed by hand', async () => {
    const estate = await declared({ save: { cron: '0 5 * * *' } });
    await applySchedules(client, estate);
    await handleOf('save').update(({ action, policies }) => ({
      action,
      policies: { ...policies, overlap: ScheduleOverlapPolicy.ALLOW_ALL },
      spec: { intervals: [{ every: '10 minutes' }], timezone: 'Europe/Berlin' },
      state: { remainingActions: 3 },
    }));
    const { update } = await applySchedules(client, estate);
    expect(update[0]?.changes).toEqual([
      { key: 'cron', from: 'every 600 s', to: '0 5 * * *' },
      { key: 'timezone', from: 'Europe/Berlin', to: 'America/New_York' },
      { key: 'overlap', from: 'ALLOW_ALL', to: 'SKIP' },
      { key: 'remainingActions', from: 3, to: null },
    ]);
    expect(await planSchedules(client, estate)).toMatchObject(NOTHING);
  });

  it('removes the schedule of a job that is gone, or lost its cron', async () => {
    await applySchedules(
      client,
      await declared({
        save: { cron: '0 5 * * *' },
        gone: { cron: '0 6 * * *' },
        manual: { cron: '0 7 * * *' },
      }),
    );
    const estate = await declared({ save: { cron: '0 5 * * *' }, manual: {} });
    const remove = [`${name}/gone`, `${name}/manual`];
    await until(async () => (await planSchedules(client, estate)).remove.length === 2);
    const { remove: removed } = await applySchedules(client, estate);
    expect(removed.sort()).toEqual(remove);
    expect((await listSchedules(client, estate)).map(({ job }) => job)).toEqual(['save']);
  });

  it('sees to the search attributes and to 90 days of retention', async () => {
    await applySchedules(client, await declared({}));
    const { connection } = client;
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(Object.keys(customAttributes)).toEqual(
      expect.arrayContaining(['FtsEstate', 'FtsJob', 'FtsKind', 'FtsHost', 'FtsOutcome']),
    );
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 24 * 3600);
  });
});

describe('pauses', () => {
  it('of an operator survive, with their note, also when something else is updated', async () => {
    await applySchedules(client, await declared({ save: { cron: '0 5 * * *' } }));
    await handleOf('save').pause('disk swap');
    const { update } = await applySchedules(client, await declared({ save: { cron: '0 6 * * *' } }));
    expect(update).toHaveLength(1);
    expect((await handleOf('save').describe()).state).toMatchObject({ paused: true, note: 'disk swap' });
  });

  it('of the estate are applied and taken back', async () => {
    await applySchedules(client, await declared({ save: { cron: '0 5 * * *' } }));
    const paused = await applySchedules(
      client,
      await declared({ save: { cron: '0 5 * * *', paused: true } }),
    );
    expect(paused.update[0]?.changes).toEqual(
      expect.arrayContaining([{ key: 'paused', from: false, to: true }]),
    );
    expect((await handleOf('save').describe()).state).toMatchObject({
      paused: true,
      note: ESTATE_PAUSE_NOTE,
    });
    await applySchedules(client, await declared({ save: { cron: '0 5 * * *' } }));
    expect((await handleOf('save').describe()).state.paused).toBe(false);
  });

  it('are there from the start for a job that the estate pauses', async () => {
    await applySchedules(client, await declared({ save: { cron: '* * * * *', paused: true } }));
    expect((await handleOf('save').describe()).state).toMatchObject({
      paused: true,
      note: ESTATE_PAUSE_NOTE,
    });
  });
});

describe('schedules of others', () => {
  it('are left alone, whatever their prefix', async () => {
    const id = `${name}/theirs`;
    await client.schedule.create(foreign(id));
    await until(async () => {
      for await (const { scheduleId } of client.schedule.list()) if (scheduleId === id) return true;
      return false;
    });
    expect(await applySchedules(client, await declared({}))).toEqual({ ...NOTHING, unchanged: [] });
    expect((await client.schedule.getHandle(id).describe()).action.workflowType).toBe('theirs');
  });

  it('are named, and nothing at all is done, when one has an id that we need', async () => {
    await client.schedule.create(foreign(`${name}/save`));
    const estate = await declared({ other: { cron: '0 5 * * *' }, save: { cron: '0 5 * * *' } });
    await expect(applySchedules(client, estate)).rejects.toThrow(`${name}/save`);
    expect((await handleOf('save').describe()).action.workflowType).toBe('theirs');
    await expect(handleOf('other').describe()).rejects.toThrow();
  });
});
