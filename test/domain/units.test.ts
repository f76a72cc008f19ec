import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseFraction,
  parseShare,
  parseSize,
} from '../../src/domain/units.js';

describe('durations', () => {
  it.each([
    ['1s', 1],
    ['90s', 90],
    ['15m', 900],
    ['2h', 7200],
    ['30d', 2_592_000],
    ['4w', 2_419_200],
    ['1.5h', 5400],
    ['0.5s', 0.5],
    ['36500d', 3_153_600_000],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  it.each([
    '',
    '30',
    'd',
    '0d',
    '0.0h',
    '-1d',
    '+1d',
    '1 d',
    ' 1d',
    '1d ',
    '1D',
    '1y',
    '1ms',
    '1d12h',
    '.5h',
    '1.h',
    '1e3s',
    '\u0661d',
    '36501d',
    `${'9'.repeat(400)}s`,
  ])('not %j', (text) => expect(parseDuration(text)).toBeUndefined());

  it.each([
    [0, '0s'],
    [-5, '0s'],
    [45.4, '45s'],
    [3600, '1h'],
    [7500, '2h 5m'],
    [7505, '2h 5m'],
    [3605, '1h'],
    [93_600, '1d 2h'],
    [604_800, '7d'],
  ])('%d seconds are told as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('sizes', () => {
  it.each([
    ['0 B', 0],
    ['1 KiB', 1024],
    ['10 GiB', 10 * 2 ** 30],
    ['10GiB', 10 * 2 ** 30],
    ['1.5 TiB', 1.5 * 2 ** 40],
    ['0.3 KiB', 307],
    ['500 MB', 500e6],
    ['1 kB', 1000],
    ['7 PiB', 7 * 2 ** 50],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each([
    '',
    '10',
    '10 G',
    '10 Gi',
    '10 gib',
    '10 Gb',
    '10 EiB',
    '-1 GiB',
    'GiB',
    '1 GiB/s',
    '8 PiB',
    '9007199254740992 B',
    '1,5 GiB',
    '1 constructor',
  ])('not %j', (text) => expect(parseSize(text)).toBeUndefined());

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [150 * 2 ** 20, '150 MiB'],
    [10.9 * 2 ** 40, '10.9 TiB'],
  ])('%d bytes are told as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));
});

describe('shares and fractions', () => {
  it.each([
    ['0%', 0],
    ['5%', 0.05],
    ['0.5 %', 0.005],
    ['100%', 1],
  ])('share %s', (text, share) => expect(parseShare(text)).toBe(share));

  it.each(['', '5', '%', '-1%', '100.1%', '5 percent', '1/20', '5%%'])('no share %j', (text) =>
    expect(parseShare(text)).toBeUndefined(),
  );

  it.each([
    ['1/28', 1 / 28],
    ['1/1', 1],
    ['2 / 3', 2 / 3],
  ])('fraction %s', (text, fraction) => expect(parseFraction(text)).toBe(fraction));

  it.each(['', '1', '0/7', '1/0', '28/1', '-1/7', '1/7/7', '1.5/7', '5%', `1/${'9'.repeat(20)}`])(
    'no fraction %j',
    (text) => expect(parseFraction(text)).toBeUndefined(),
  );
});
