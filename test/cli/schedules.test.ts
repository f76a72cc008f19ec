import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment, startFts } from '../support/fts.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { type TemporalServer, freePort, makeTemporalServer } from '../support/temporal-server.js';

let server: TemporalServer;
let client: Client;
let estate: ScheduleEstate;
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
  estate = await makeScheduleEstate(name);
  await estate.declare({
    save: { cron: '0 5 * * *' },
    still: { cron: '0 6 * * *', paused: true },
    manual: {},
  });
  return () => estate.remove();
});

interface Answer {
  code: number | string;
  stdout: string;
  stderr: string;
  json: () => unknown;
}

async function fts(args: readonly string[], address = server.address): Promise<Answer> {
  const environment = cleanEnvironment({
    TEMPORAL_ADDRESS: address,
    FTS_STATE_DIR: join(estate.folder, 'state'),
  });
  const process = startFts(['--estate', estate.file, 'schedules', ...args], environment);
  const code = await process.ends();
  const stdout = process.stdout();
  return { code, stdout, stderr: process.stderr(), json: () => JSON.parse(stdout) as unknown };
}

const described = (job: string) => client.schedule.getHandle(`${name}/${job}`).describe();

describe('fts schedules', () => {
  it('plans without changing anything, applies, and then has nothing to do', async () => {
    const create = [`${name}/save`, `${name}/still`];
    const plan = await fts(['plan', '--json']);
    expect([plan.code, plan.json()]).toMatchObject([0, { create, update: [], remove: [], unchanged: 0 }]);
    await expect(described('save')).rejects.toThrow();
    const applied = await fts(['apply', '--json']);
    expect([applied.code, applied.json()]).toMatchObject([0, { create, update: [], remove: [] }]);
    const again = await fts(['apply', '--json']);
    expect(again.json()).toMatchObject({ create: [], update: [], remove: [], unchanged: 2 });
    const text = await fts(['plan']);
    expect([text.code, text.stdout]).toEqual([0, '']);
    expect(text.stderr).toContain('Nothing to do');
  });

  it('shows what apply would change', async () => {
    await fts(['apply']);
    await estate.declare({ save: { cron: '0 7 * * *' }, manual: { cron: '0 8 * * *' } });
    const { stdout } = await fts(['plan']);
    expect(stdout).toContain(`+ ${name}/manual`);
    expect(stdout).toContain(`~ ${name}/save`);
    expect(stdout).toContain('cron: 0 5 * * * → 0 7 * * *');
    expect(stdout).toContain(`- ${name}/still`);
  });

  it('lists what is in place', async () => {
    await fts(['apply']);
    const { code, json } = await fts(['list', '--json']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      estate: name,
      schedules: [
        {
          id: `${name}/save`,
          job: 'save',
          cron: '0 5 * * *',
          timezone: 'America/New_York',
          paused: false,
          last: null,
        },
        { id: `${name}/still`, paused: true, note: 'paused in the estate file', next: [] },
      ],
    });
    expect((await fts(['list'])).stdout).toContain('daily at 05:00');
  });

  it('pauses with a note, and resumes', async () => {
    await fts(['apply']);
    expect((await fts(['pause', 'save', '--note', 'disk swap'])).code).toBe(0);
    expect((await described('save')).state).toMatchObject({ paused: true, note: 'disk swap' });
    await fts(['apply']);
    expect((await described('save')).state.paused).toBe(true);
    expect((await fts(['resume', `${name}/save`])).code).toBe(0);
    expect((await described('save')).state.paused).toBe(false);
  });

  it('does not resume what the estate pauses', async () => {
    await fts(['apply']);
    const { code, stderr } = await fts(['resume', 'still']);
    expect(code).toBe(2);
    expect(stderr).toContain('the estate pauses still');
    expect((await described('still')).state.paused).toBe(true);
  });

  it('triggers a paused schedule only with --force', async () => {
    await fts(['apply']);
    await fts(['pause', 'save', '--note', 'disk swap']);
    const refused = await fts(['trigger', 'save', '--json']);
    expect([refused.code, refused.json()]).toMatchObject([
      5,
      { outcome: 'skipped', error: { type: 'Paused' } },
    ]);
    expect((await described('save')).info.numActionsTaken).toBe(0);
    expect((await fts(['trigger', 'save', '--force'])).code).toBe(0);
    expect((await described('save')).info.numActionsTaken).toBe(1);
  });

  it('backfills between two moments, and refuses what are none', async () => {
    await fts(['apply']);
    const span = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-03T00:00:00Z'];
    expect((await fts(['backfill', 'save', ...span])).code).toBe(0);
    expect((await described('save')).info.numActionsTaken).toBeGreaterThan(0);
    expect((await fts(['backfill', 'save', '--from', 'yesterday', '--to', 'today'])).code).toBe(2);
    expect((await fts(['backfill', 'still', ...span])).code).toBe(5);
  });

  it.each([
    { id: 'sav', says: 'did you mean save?' },
    { id: 'manual', says: 'it declares no cron' },
    { id: 'save', says: 'not in place' },
  ])('says what is wrong about $id: $says', async ({ id, says }) => {
    const { code, stderr } = await fts(['pause', id]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  it('leaves a schedule alone that somebody else made, also when told its id', async () => {
    const action = { type: 'startWorkflow' as const, workflowType: 'theirs', taskQueue: 'theirs' };
    await client.schedule.create({
      scheduleId: `${name}/save`,
      spec: { intervals: [{ every: '1 day' }] },
      action,
    });
    for (const args of [['pause', 'save'], ['trigger', 'save'], ['apply']]) {
      const { code, stderr } = await fts(args);
      expect(code).toBe(2);
      expect(stderr).toContain(`schedule ${name}/save`);
    }
    expect((await described('save')).state.paused).toBe(false);
  });

  it('is exit 3 when Temporal is away', async () => {
    const { code, json } = await fts(['plan', '--json'], `127.0.0.1:${String(await freePort())}`);
    expect(code).toBe(3);
    expect(json()).toMatchObject({ error: { type: 'TemporalUnreachable' } });
  });
});
