import { describe, expect, it } from 'vitest';
import { FAILURES, type FailureType } from '../../src/domain/failures.js';
import { type Trouble, givesUp, withFailure } from '../../src/domain/patience.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-03-01T12:00:00Z');

/** A streak that began at START, its latest failure so long after. */
const streak = (lasting: number, failures = 2): Trouble => ({
  since: START,
  latest: START + lasting,
  failures,
});

describe('a streak of failures', () => {
  it('begins with the first', () => {
    expect(withFailure(undefined, START)).toEqual({ since: START, latest: START, failures: 1 });
  });

  it('goes on with one that comes within an hour of the one before', () => {
    expect(withFailure(streak(30 * MINUTE, 4), START + 90 * MINUTE)).toEqual({
      since: START,
      latest: START + 90 * MINUTE,
      failures: 5,
    });
  });

  it('is a new one after an hour of silence: the step got on meanwhile', () => {
    const now = START + HOUR + 1;
    expect(withFailure(streak(0, 4), now)).toEqual({ since: now, latest: now, failures: 1 });
  });
});

describe('what may heal', () => {
  const types = Object.keys(FAILURES) as FailureType[];
  it.each(types.filter((type) => FAILURES[type].heals && type !== 'ToolFailed'))(
    '(%s) is tried for an hour at least, however often',
    (type) => {
      expect(givesUp(type, streak(0, 1), undefined)).toBe(false);
      expect(givesUp(type, streak(HOUR - 1, 500), undefined)).toBe(false);
      expect(givesUp(type, streak(HOUR, 2), undefined)).toBe(true);
    },
  );

  it.each([
    ['a due time within the hour changes nothing', 10 * MINUTE, HOUR - 1, false],
    ['a due time within the hour ends nothing early', 10 * MINUTE, HOUR, true],
    ['a later due time prolongs it', 20 * HOUR, 20 * HOUR - 1, false],
    ['until then', 20 * HOUR, 20 * HOUR, true],
  ])('%s', (_, due, lasting, over) => {
    expect(givesUp('RepositoryUnreachable', streak(lasting), START + due)).toBe(over);
  });
});

describe('an unknown failure', () => {
  it.each([
    [1, false],
    [4, false],
    [5, true],
    [6, true],
  ])('of a tool, %i in a row, gives up: %s', (failures, over) => {
    expect(givesUp('ToolFailed', streak(MINUTE, failures), START + 20 * HOUR)).toBe(over);
  });
});
