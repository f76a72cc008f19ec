import { expect, it } from 'vitest';
import { nanoseconds } from '../../src/domain/nanoseconds.js';

it.each([
  ['1970-01-01T00:00:00Z', 0n],
  ['1970-01-01T00:00:01.000000001Z', 1_000_000_001n],
  ['1970-01-01T01:00:00.5+01:00', 500_000_000n],
  ['1969-12-31T23:59:59.25Z', -750_000_000n],
  ['2026-11-22T06:03:31.516717815Z', 1_795_327_411_516_717_815n],
  ['', undefined],
  ['yesterday', undefined],
])('%s', (time, expected) => {
  expect(nanoseconds(time)).toBe(expected);
});
