import { describe, expect, it } from 'vitest';
import {
  GROUPS,
  UNREAD,
  coverage,
  groupsOf,
  nextSubset,
  partsFor,
  readBy,
  subsetText,
  withReading,
} from '../../src/domain/check.js';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

/** What was read when a check ran once a day, in so many parts, for so many days. */
function daily(days: number, of: number, { from = 1, readings = UNREAD } = {}) {
  const subsets: string[] = [];
  let now = readings;
  for (let i = 0; i < days; i += 1) {
    const subset = nextSubset(now, of);
    subsets.push(subsetText(subset));
    now = withReading(now, subset, day(from + i));
  }
  return { readings: now, subsets };
}

it.each([
  [1 / 28, 28],
  [1 / 7, 7],
  [1, 1],
  [2 / 7, 3],
  [0.6, 1],
  [1 / 256, 256],
  [1 / 10_000, 256],
  [undefined, 28],
])('%s of the data is read in %i parts', (share, parts) => {
  expect(partsFor(share)).toBe(parts);
});

describe('in as many runs as there are parts', () => {
  it.each([1, 2, 7, 28, 100, 256])('%i: everything is read once', (of) => {
    const { readings, subsets } = daily(of, of);
    expect(new Set(subsets).size).toBe(of);
    expect(coverage(readings, day(1 + of))).toEqual({ share: 1, sinceDays: of });
  });

  it.each([
    [4, 7],
    [28, 7],
    [7, 28],
  ])('after the parts went from %i to %i in mid-cycle, everything is read too', (before, after) => {
    const half = daily(Math.floor(before / 2), before);
    const { readings } = daily(after, after, { from: 101, readings: half.readings });
    expect(coverage(readings, day(101 + after)).share).toBe(1);
  });
});

it('every group is in exactly one part', () => {
  const parts = Array.from({ length: 28 }, (_, index) => groupsOf({ part: index + 1, of: 28 }));
  expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: GROUPS }, (_, group) => group));
});

it('a part that was not read comes again, and the oldest first', () => {
  const { readings } = daily(3, 4);
  expect(nextSubset(readings, 4)).toEqual({ part: 4, of: 4 });
  expect(nextSubset(withReading(readings, { part: 4, of: 4 }, day(9)), 4)).toEqual({ part: 1, of: 4 });
});

it('a part that was read by a clock that was ahead is read again, and counts as unread until then', () => {
  const readings = withReading(daily(4, 4).readings, { part: 2, of: 4 }, day(4000));
  expect(nextSubset(readBy(readings, day(5)), 4)).toEqual({ part: 2, of: 4 });
  expect(coverage(readBy(readings, day(5)), day(5)).share).toBe(0.75);
  expect(readBy(readings, day(4000))).toEqual(readings);
});

it('says how much was read, and how long ago the oldest of it', () => {
  expect(coverage(UNREAD, day(1))).toEqual({ share: 0, sinceDays: null });
  expect(coverage(daily(1, 4).readings, new Date(Date.UTC(2026, 0, 2, 12)))).toEqual({
    share: 0.25,
    sinceDays: 1.5,
  });
  expect(coverage(daily(1, 4).readings, day(0))).toMatchObject({ sinceDays: 0 }); // the clock went back
});
