import { describe, expect, it } from 'vitest';
import { precisionOf, sameTime } from '../../../src/adapters/mirror/times.js';
import { mirrorBed } from '../../support/mirror-bed.js';

const MILLISECOND = 1_000_000;

describe('two times', () => {
  it.each([
    ['23:59:59.123456789', '23:59:59.123000000', MILLISECOND, true],
    ['23:59:59.123000000', '23:59:59.123999999', MILLISECOND, true],
    ['23:59:58.999100000', '23:59:59.000000000', MILLISECOND, true],
    ['23:59:59.000000000', '23:59:58.999100000', MILLISECOND, true],
    ['23:59:59.123000000', '23:59:59.124000000', MILLISECOND, false],
    ['23:59:59.124000000', '23:59:59.123000000', MILLISECOND, false],
    ['23:59:58.000000000', '23:59:59.000000000', MILLISECOND, false],
    ['23:59:59.123456789', '23:59:59.123456788', 1, false],
    ['23:59:59.123456789', '23:59:59.123456789', 1, true],
    ['23:59:59.123456789', '00:00:00.000000000', undefined, true],
  ])('%s and %s are the same to %s ns: %s', (one, other, precision, same) => {
    for (const day of ['2026-01-02', '1969-12-31']) {
      expect(sameTime(`${day}T${one}Z`, `${day}T${other}Z`, precision)).toBe(same);
    }
  });
});

it.each([
  ['11999-06-27T10:40:00.000000000Z', '@316500000000.000000000Z'],
  ['287168-08-24T16:00:00.500000000Z', '@9000000000000.500000000Z'],
  ['-0068-06-01T00:53:20.000000000Z', '@-64300000000.000000000Z'],
  ['2024-02-29T12:34:56.000000000Z', '@1709210096.000000000Z'],
  ['2413-08-23T00:53:20.000000000Z', '1829-02-02T01:18:46.290448384Z'],
])('%s is %s to a remote, and a second later is not', (one, other) => {
  expect(sameTime(one, other, MILLISECOND)).toBe(true);
  expect(sameTime(one.replace(/0\.|6\./, '1.'), other, MILLISECOND)).toBe(false);
});

it.each([
  [{ type: 'b2', path: 'bucket' }, MILLISECOND],
  [{ type: 'memory', path: 'bucket' }, 1],
])("a remote's precision, of %j", async (declaration, precision) => {
  const { remote } = await mirrorBed(declaration);
  expect(await precisionOf(remote)).toBe(precision);
});
