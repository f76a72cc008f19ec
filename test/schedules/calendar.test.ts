import { describe, expect, it } from 'vitest';
import { calendarsOf, canonicalTimes } from '../../schedules/calendar.js';

describe('canonicalTimes', () => {
  it.each([
    ['0 * * * *', '0 * * * *'],
    ['00 05 * * *', '0 5 * * *'],
    ['*/15 * * * *', '*/15 * * * *'],
    ['0,15,30,45 * * * *', '*/15 * * * *'],
    ['5/20 * * * *', '5-45/20 * * * *'],
    ['0 9-17 * * mon-fri', '0 9-17 * * 1-5'],
    ['0 7 * * 6,7', '0 7 * * 0,6'],
    ['0 0 1 jan,JUL *', '0 0 1 1,7 *'],
    ['0 0 1,2,3,10 * *', '0 0 1-3,10 * *'],
    ['* * * * 0-7', '* * * * *'],
  ])('reads %s as %s', (cron, canonical) => {
    expect(canonicalTimes(cron, 'Etc/UTC')).toBe(canonical);
  });

  it('tells crons apart that fire at different times', () => {
    expect(canonicalTimes('0 5 * * *', 'Etc/UTC')).not.toBe(canonicalTimes('0 5 * * 1', 'Etc/UTC'));
  });
});

describe('calendarsOf', () => {
  it('keeps the cron as it was written, for whoever reads it in the Web UI', () => {
    expect(calendarsOf('0 5 * * mon', 'Etc/UTC')).toMatchObject({
      calendars: [{ comment: '0 5 * * mon', dayOfWeek: [{ start: 'MONDAY', end: 'MONDAY', step: 1 }] }],
      skip: [],
    });
  });

  it('refuses what the estate would have refused', () => {
    expect(() => calendarsOf('0 5 * *', 'Etc/UTC')).toThrow(/0 5 \* \*/);
  });
});
