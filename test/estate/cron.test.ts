import { describe, expect, it } from 'vitest';
import { longestGapSeconds, nextDue, previousDue } from '../../src/estate/cron.js';
import { parseCron } from '../../src/estate/cron-fields.js';
import { sloSeconds } from '../../src/estate/slo.js';

const at = (text: string) => new Date(text);
const next = (cron: string, zone: string, after: string) => nextDue(cron, zone, at(after))?.toISOString();
const previous = (cron: string, zone: string, before: string) =>
  previousDue(cron, zone, at(before))?.toISOString();

describe('what a cron may say', () => {
  it.each([
    ['* * * * *', [60, 24, 31, 12, 7]],
    ['0 5 * * *', [1, 1, 31, 12, 7]],
    ['*/15 0-6/2 1,15 JAN-mar sun', [4, 4, 2, 3, 1]],
    ['5/20 * * * *', [3, 24, 31, 12, 7]],
    ['  0\t4  * * 0,7 ', [1, 1, 31, 12, 1]],
    ['0 0 29 2 *', [1, 1, 1, 1, 7]],
    ['0 0 * * 5-7', [1, 1, 31, 12, 3]],
    ['0 0 * september Monday', [1, 1, 31, 1, 1]],
    ['0-59/90 * * * *', [1, 24, 31, 12, 7]],
  ])('%s', (cron, sizes) => {
    const reading = parseCron(cron);
    if ('problem' in reading) throw new Error(reading.problem);
    const { minutes, hours, days, months, weekdays } = reading.fields;
    expect([minutes, hours, days, months, weekdays].map(({ size }) => size)).toEqual(sizes);
  });
});

describe('the next due time', () => {
  it.each([
    ['0 * * * *', 'UTC', '2026-01-01T10:00:00Z', '2026-01-01T11:00:00.000Z'],
    ['0 * * * *', 'UTC', '2026-01-01T09:59:59.999Z', '2026-01-01T10:00:00.000Z'],
    ['0 5 * * *', 'America/New_York', '2026-01-01T11:00:00Z', '2026-01-02T10:00:00.000Z'],
    ['30 3 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T22:00:00.000Z'],
    ['0 7 * * 6', 'UTC', '2026-01-04T00:00:00Z', '2026-01-10T07:00:00.000Z'],
    ['0 0 31 * *', 'UTC', '2026-02-01T00:00:00Z', '2026-03-31T00:00:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 29 2 1', 'UTC', '2026-01-01T00:00:00Z', '2044-02-29T00:00:00.000Z'],
    ['59 23 31 12 *', 'Pacific/Kiritimati', '2026-01-01T00:00:00Z', '2026-12-31T09:59:00.000Z'],
  ])('of %s in %s after %s', (cron, zone, after, due) => expect(next(cron, zone, after)).toBe(due));

  it('needs day of the month and day of the week to match, as Temporal does', () => {
    expect(next('0 0 13 * 5', 'UTC', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });

  it('comes when the clock has skipped it, and where the clock keeps no rule, not at all', () => {
    expect(next('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z')).toBe('2026-03-08T07:00:00.000Z');
    expect(next('30 2 8 * *', 'America/New_York', '2026-03-07T12:00:00Z')).toBe('2026-03-08T07:00:00.000Z');
    expect(next('30 2 9 * *', 'America/New_York', '2026-03-07T12:00:00Z')).toBe('2026-03-09T06:30:00.000Z');
    expect(next('30 * * * *', 'America/New_York', '2026-03-08T06:45:00Z')).toBe('2026-03-08T07:30:00.000Z');
    expect(next('0 3 * * *', 'America/New_York', '2026-03-07T12:00:00Z')).toBe('2026-03-08T07:00:00.000Z');
    expect(next('0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00:00Z')).toBe('2026-04-23T22:00:00.000Z');
    expect(next('15 0 * * *', 'Atlantic/Azores', '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(next('30 2 * * *', 'Africa/Casablanca', '2026-03-21T12:00:00Z')).toBe('2026-03-23T01:30:00.000Z');
  });

  it('comes once when the clock has repeated it; every hour of an hourly job counts', () => {
    expect(next('30 1 * * *', 'America/New_York', '2026-11-01T00:00:00Z')).toBe('2026-11-01T07:30:00.000Z');
    expect(next('30 1 * * *', 'America/New_York', '2026-11-01T07:30:00Z')).toBe('2026-11-02T06:30:00.000Z');
    const first = next('30 * * * *', 'America/New_York', '2026-11-01T05:00:00Z');
    expect(first).toBe('2026-11-01T05:30:00.000Z');
    expect(next('30 * * * *', 'America/New_York', String(first))).toBe('2026-11-01T06:30:00.000Z');
  });

  it('agrees with trying every minute, around the change of the clock', () => {
    const wall = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      hour: '2-digit',
      minute: '2-digit',
    });
    for (let minute = 0; minute < 60 * 24 * 3; minute += 127) {
      let expected = at('2026-03-28T00:00:00Z').getTime() + minute * 60_000;
      const due = nextDue('20 1,2,3 * * *', 'Europe/Berlin', new Date(expected));
      do expected += 60_000;
      while (!/^0[123]:20$/.test(wall.format(expected)));
      expect(due).toEqual(new Date(expected));
    }
  });
});

describe('the previous due time', () => {
  it.each([
    ['0 * * * *', 'UTC', '2026-01-01T10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['0 * * * *', 'UTC', '2026-01-01T09:59:59Z', '2026-01-01T09:00:00.000Z'],
    ['* * * * *', 'UTC', '2026-01-01T09:59:59Z', '2026-01-01T09:59:00.000Z'],
    ['30 2 * * *', 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-08T07:00:00.000Z'],
    ['0 0 29 2 1', 'UTC', '2026-01-01T00:00:00Z', '2016-02-29T00:00:00.000Z'],
  ])('of %s in %s at %s', (cron, zone, before, due) => expect(previous(cron, zone, before)).toBe(due));
});

describe('the longest gap', () => {
  const HOUR = 3600;
  it.each([
    ['* * * * *', 60],
    ['0 * * * *', HOUR],
    ['*/7 * * * *', 7 * 60],
    ['0 5 * * *', 24 * HOUR],
    ['0 8-18 * * *', 14 * HOUR],
    ['0 9,17 * * 1-5', 64 * HOUR],
    ['0 7 * * 6', 7 * 24 * HOUR],
    ['0 0 1 * *', 31 * 24 * HOUR],
    ['0 0 31 * *', 61 * 24 * HOUR],
    ['0 0 29 2 *', 2921 * 24 * HOUR],
  ])('of %s', (cron, seconds) => {
    expect(longestGapSeconds(cron, 'UTC')).toBe(seconds);
    expect(longestGapSeconds(cron, 'America/New_York')).toBe(seconds);
  });

  it('knows that no night loses a daily or an hourly run', () => {
    expect(longestGapSeconds('30 2 * * *', 'America/New_York')).toBe(24 * HOUR);
    expect(longestGapSeconds('30 * * * *', 'America/New_York')).toBe(HOUR);
    expect(longestGapSeconds('30 2 * * *', 'UTC')).toBe(24 * HOUR);
  });
});

describe('the SLO of a job', () => {
  it.each([
    [{ cron: '0 * * * *' }, 7200],
    [{ cron: '0 */3 * * *' }, 4.5 * 3600],
    [{ cron: '0 5 * * *' }, 36 * 3600],
    [{ cron: '0 5 * * *', slo: 60 }, 60],
    [{ slo: 60 }, 60],
    [{}, undefined],
  ])('%j', (job, seconds) => expect(sloSeconds(job, 'America/New_York')).toBe(seconds));
});
