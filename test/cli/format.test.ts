import { describe, expect, it } from 'vitest';
import { formatCount, formatTime } from '../../src/cli/format.js';

describe('for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('the count %d is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it('a time is what the clock on the wall shows in the zone, on either side of a change of clocks', () => {
    const at = (time: string) => formatTime(new Date(time), { timeZone: 'America/New_York' });
    expect(at('2026-01-15T03:05:00Z')).toBe('2026-01-14 22:05');
    expect(at('2026-07-15T03:05:00Z')).toBe('2026-07-14 23:05');
    expect(formatTime(new Date('2026-07-15T03:05:09Z'), { timeZone: 'Etc/UTC', seconds: true })).toBe(
      '2026-07-15 03:05:09',
    );
  });
});
