import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { parseBandwidth, uploadLimitAt } from '../../src/domain/bandwidth.js';

const MIB = 1024 * 1024;

const limitAt = (timetable: string, weekday: number, time: string) => {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return uploadLimitAt(parseBandwidth(timetable) ?? [], { weekday, minuteOfDay: hour * 60 + minute });
};

describe('limits', () => {
  it.each([
    ['2M', 2 * MIB],
    ['2Mi', 2 * MIB],
    ['2mib', 2 * MIB],
    ['512', 512 * 1024],
    ['100B', 100],
    ['1.5k', 1536],
    ['.5M', MIB / 2],
    ['1.', 1024],
    ['2M:10M', 2 * MIB],
    ['2M:off', 2 * MIB],
    ['off:2M', undefined],
    ['off', undefined],
    ['OFF', undefined],
    ['0', undefined],
  ])('%s', (text, bytes) => expect(limitAt(text, 3, '12:00')).toBe(bytes));
});

it('is not a time without a limit, which rclone takes for two limits', () => {
  expect(parseBandwidth('08:00')).toBeUndefined();
});

describe('timetables', () => {
  const daily = '08:00,2M 23:00,off';
  it.each([
    [1, '07:59', undefined],
    [1, '08:00', 2 * MIB],
    [1, '22:59', 2 * MIB],
    [1, '23:00', undefined],
    [0, '00:00', undefined],
    [6, '12:00', 2 * MIB],
  ])('every day: on day %i at %s', (weekday, time, bytes) =>
    expect(limitAt(daily, weekday, time)).toBe(bytes),
  );

  const weekly = 'Mon-00:00,512 Friday-23:59,10M sat-10:00,1M SUN-20:00,off';
  it.each([
    [1, '00:00', 512 * 1024],
    [5, '23:58', 512 * 1024],
    [5, '23:59', 10 * MIB],
    [6, '09:59', 10 * MIB],
    [6, '10:00', MIB],
    [0, '20:00', undefined],
    // Before the first slot of the week (which begins on Sunday) the last one written holds.
    [0, '19:59', undefined],
  ])('by the week: on day %i at %s', (weekday, time, bytes) =>
    expect(limitAt(weekly, weekday, time)).toBe(bytes),
  );

  it('takes the later of two that begin at once, and any number of spaces between', () => {
    expect(limitAt('08:00,1M   08:00,2M ', 2, '09:00')).toBe(2 * MIB);
  });
});

describe('what rclone refuses is refused, what it takes is taken', () => {
  const refused = [
    '',
    ' 2M',
    'fast',
    '2MB',
    '-1',
    '1M:',
    ':1M',
    '1M:2M:3M',
    '8:00,2M',
    '24:00,2M',
    '08:60,2M',
    '08:00 2M',
    '08:00,',
    '08:00,2M,3M',
    'Mond-08:00,2M',
    'Mon-Tue-08:00,2M',
    '08:00,1M:2M:3M',
    '2 M',
  ];
  const taken = ['2M', '1T', '08:00,2M 23:00,off', 'Mon-08:00,2M:10M  Tue-09:30,off', 'off', '1.5k:2b'];

  it.each([...refused.map((text) => [text, false] as const), ...taken.map((text) => [text, true] as const)])(
    '%j',
    async (text, valid) => {
      expect(parseBandwidth(text) !== undefined).toBe(valid);
      const { path } = await findTool('rclone');
      const run = promisify(execFile)(path, ['--config', '/dev/null', '--bwlimit', text, 'version']);
      await (valid ? expect(run).resolves.toBeDefined() : expect(run).rejects.toThrow(/bwlimit/));
    },
  );
});
