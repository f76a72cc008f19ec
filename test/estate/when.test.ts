import { describe, expect, it } from 'vitest';
import { parseWhen } from '../../src/estate/when.js';

const now = Date.parse('2026-11-22T05:00:00Z'); // a Sunday; midnight in New York, 06:00 in Berlin
const berlin = { now, zone: 'Europe/Berlin' };
const when = (text: string, clock = berlin): string => new Date(parseWhen(text, clock).instant).toISOString();

describe('a time that a person names', () => {
  it.each([
    ['2026-11-21T18:00:00Z', '2026-11-21T18:00:00.000Z'],
    ['2026-11-21T18:00:00.123456789+01:00', '2026-11-21T17:00:00.123Z'],
    ['2026-11-21 18:00:00Z', '2026-11-21T18:00:00.000Z'],
    ['now', '2026-11-22T05:00:00.000Z'],
    ['3 hours ago', '2026-11-22T02:00:00.000Z'],
    ['2d ago', '2026-11-20T05:00:00.000Z'],
    ['90 minutes ago', '2026-11-22T03:30:00.000Z'],
    ['1 week ago', '2026-11-15T05:00:00.000Z'],
    ['2026-11-21 18:00', '2026-11-21T17:00:00.000Z'],
    ['2026-11-21T18:00', '2026-11-21T17:00:00.000Z'],
    ['2026-11-21 18:00:30', '2026-11-21T17:00:30.000Z'],
    ['5:30', '2026-11-22T04:30:00.000Z'],
    ['today 05:30', '2026-11-22T04:30:00.000Z'],
    [' Yesterday   18:00 ', '2026-11-21T17:00:00.000Z'],
    ['monday 09:15', '2026-11-16T08:15:00.000Z'],
    ['last mon 09:15', '2026-11-16T08:15:00.000Z'],
  ])('%j is %s', (text, instant) => {
    expect(when(text)).toBe(instant);
  });

  it.each([
    ['2026-11-20', '2026-11-20T22:59:59.999Z'],
    ['yesterday', '2026-11-21T22:59:59.999Z'],
    ['saturday', '2026-11-21T22:59:59.999Z'],
    ['sunday', '2026-11-15T22:59:59.999Z'],
    ['today', '2026-11-22T05:00:00.000Z'],
    ['2026-11-22', '2026-11-22T05:00:00.000Z'],
  ])('%j, a day, is its end, or now', (text, instant) => {
    expect(when(text)).toBe(instant);
  });

  it('is of the zone of the estate', () => {
    expect(when('yesterday 18:00', { now, zone: 'America/New_York' })).toBe('2026-11-21T23:00:00.000Z');
    expect(when('yesterday 18:00', { now, zone: 'Pacific/Auckland' })).toBe('2026-11-21T05:00:00.000Z');
  });

  it.each([
    '',
    'soon',
    '25:00',
    '18:61',
    '2026-02-30',
    '2026-13-01 10:00',
    '3 moons ago',
    'Z',
    '0d ago',
    'su',
  ])('%j is no time, and it is said what one looks like', (text) => {
    expect(() => parseWhen(text, berlin)).toThrow(/is no time/);
  });

  it('that is in the future is refused', () => {
    expect(() => parseWhen('2027-01-01', berlin)).toThrow(/in the future/);
    expect(() => parseWhen('18:00', berlin)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('"yesterday 18:00"') as string }),
    );
  });

  it('that the zone skipped is refused', () => {
    expect(() => parseWhen('2026-03-29 02:30', berlin)).toThrow(/did not exist in Europe\/Berlin/);
    expect(when('2026-03-29 03:30')).toBe('2026-03-29T01:30:00.000Z');
  });

  it('that was twice is the later one, and that is said', () => {
    const { instant, note } = parseWhen('2026-10-25 02:30', berlin);
    expect(new Date(instant).toISOString()).toBe('2026-10-25T01:30:00.000Z');
    expect(note).toContain('later one');
    expect(parseWhen('2026-10-25 03:30', berlin).note).toBeUndefined();
  });

  it('is the end of a day also where the zone skips midnight', () => {
    // Chile's clocks went from 24:00 on the 5th to 01:00 on the 6th.
    expect(when('2026-09-05', { now, zone: 'America/Santiago' })).toBe('2026-09-06T03:59:59.999Z');
  });
});
