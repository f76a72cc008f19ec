import type { Client } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calendarsOf } from '../../schedules/calendar.js';
import { nextDue } from '../../src/estate/cron.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';

let server: TemporalServer;
let client: Client;
let count = 0;

beforeAll(async () => {
  server = await makeTemporalServer();
  await server.start();
  client = await server.client();
});
afterAll(() => server.remove());

const HOUR = 3_600_000;

/** When the server would fire a job's schedule: asked of the server itself, so that no night has to be waited for. */
async function firings(cron: string, zone: string, from: number, to: number): Promise<string[]> {
  const scheduleId = `home/job${String((count += 1))}`;
  const handle = await client.schedule.create({
    scheduleId,
    spec: { ...calendarsOf(cron, zone), timezone: zone },
    action: { type: 'startWorkflow', workflowType: 'due', taskQueue: 'nobody' },
    state: { paused: true },
  });
  const { startTime } = await client.connection.workflowService.listScheduleMatchingTimes({
    namespace: 'default',
    scheduleId,
    startTime: msToTs(from),
    endTime: msToTs(to),
  });
  await handle.delete();
  return startTime.map((time) => new Date(tsToMs(time)).toISOString());
}

/** When our own status expects it. */
function dueTimes(cron: string, zone: string, from: number, to: number): string[] {
  const times: string[] = [];
  for (let due = nextDue(cron, zone, new Date(from)); due; due = nextDue(cron, zone, due)) {
    if (due.getTime() > to) break;
    times.push(due.toISOString());
  }
  return times;
}

/** From noon to noon of the night, by the zone's winter time. */
const NIGHTS = [
  ['America/New_York', 'spring', '2027-03-13T17:00:00Z'],
  ['America/New_York', 'autumn', '2027-11-06T17:00:00Z'],
  ['America/New_York', 'spring', '2032-03-13T17:00:00Z'],
  ['America/New_York', 'autumn', '2032-11-06T17:00:00Z'],
  ['Europe/Berlin', 'spring', '2027-03-27T11:00:00Z'],
  ['Europe/Berlin', 'autumn', '2027-10-30T11:00:00Z'],
  ['Europe/London', 'spring', '2027-03-27T12:00:00Z'],
  ['Europe/London', 'autumn', '2027-10-30T12:00:00Z'],
  ['Australia/Sydney', 'spring', '2027-10-02T02:00:00Z'],
  ['Australia/Sydney', 'autumn', '2027-04-03T02:00:00Z'],
] as const;

const DAILY = ['30 0 * * *', '0 1 * * *', '30 1 * * *', '0 2 * * *', '30 2 * * *', '0 3 * * *', '30 3 * * *'];

describe.each(NIGHTS)('in %s, in the night of the change in %s (%s)', (zone, _season, noon) => {
  const from = Date.parse(noon);

  it.each(DAILY)('%s is due once, for the server and for status', async (cron) => {
    const fired = await firings(cron, zone, from, from + 24 * HOUR);
    expect(fired).toHaveLength(1);
    expect(fired).toEqual(dueTimes(cron, zone, from, from + 24 * HOUR));
  });

  it('an hourly job is due in every hour, but for one that a server of 1.29 leaves out in autumn', async () => {
    const fired = await firings('0 * * * *', zone, from, from + 24 * HOUR);
    const due = dueTimes('0 * * * *', zone, from, from + 24 * HOUR);
    expect(due).toHaveLength(24);
    expect(due).toEqual(expect.arrayContaining(fired));
    expect(fired.length).toBeGreaterThanOrEqual(23);
  });
});

it.each([
  ['30 2 * * *', 'America/New_York', '2027-03-13T12:00:00Z', '2027-03-14T07:00:00.000Z'],
  ['30 1 * * *', 'America/New_York', '2027-11-06T12:00:00Z', '2027-11-07T07:30:00.000Z'],
  ['30 2 * * 1', 'America/New_York', '2027-03-13T12:00:00Z', '2027-03-15T06:30:00.000Z'],
  ['0,30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-28T01:00:00.000Z'],
  ['30 2 * * *', 'Europe/Berlin', '2027-10-30T12:00:00Z', '2027-10-31T02:30:00.000Z'],
])('%s in %s after %s is due at %s', async (cron, zone, after, due) => {
  expect(nextDue(cron, zone, new Date(after))?.toISOString()).toBe(due);
  const [first] = await firings(cron, zone, Date.parse(after), Date.parse(after) + 72 * HOUR);
  expect(first).toBe(due);
});
