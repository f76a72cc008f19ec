import { describe, expect, it } from 'vitest';
import { meetingName, tooManyCold } from '../../src/domain/coldness.js';
import { type GraduationPlan, holdReason } from '../../src/domain/graduation.js';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('names meet', () => {
  it.each([
    ['Work', 'work'],
    ['caf\u00e9', 'cafe\u0301'],
    ['STRASSE', 'stra\u00dfe'],
    ['\u039f\u03a3', '\u03bf\u03c3'],
  ])('%s and %s', (one, other) => {
    expect(meetingName(bytes(one))).toBe(meetingName(bytes(other)));
  });

  it('only with themselves if they are not UTF-8', () => {
    expect(meetingName(Buffer.from([0xff]))).not.toBe(meetingName(Buffer.from([0xfe])));
    expect(meetingName(Buffer.from([0xff]))).toBe(meetingName(Buffer.from([0xff])));
  });
});

describe('so many are cold at once', () => {
  it.each([
    [5, 5, false],
    [6, 6, true],
    [6, 11, true],
    [6, 12, false],
  ])('%i of %i: %s', (cold, projects, expected) => {
    expect(tooManyCold(cold, projects)).toBe(expected);
  });
});

describe('a plan', () => {
  const plan: GraduationPlan = {
    ...{ projects: 9, cold: 2, conflicts: 0 },
    ...{ removal: { files: 30, bytes: 1000 }, total: 100 },
  };

  it.each([
    [undefined, undefined],
    [{ deletes: 30, deleteBytes: 1000, deleteShare: 0.3 }, undefined],
    [{ deletes: 29 }, /30 files would be deleted, and 29 are allowed/],
    [{ deleteBytes: 999 }, /would be deleted/],
    [{ deleteShare: 0.29 }, /30 of 100 files/],
  ])('with limits %j', (limits, reason) => {
    const found = holdReason(plan, limits);
    if (reason) expect(found).toMatch(reason);
    else expect(found).toBeUndefined();
  });

  it.each([
    [{ projects: 6, cold: 0, conflicts: 6 }, undefined],
    [{ projects: 12, cold: 5, conflicts: 7 }, undefined],
    [{ projects: 18, cold: 6, conflicts: 6 }, undefined],
    [
      { projects: 17, cold: 6, conflicts: 6 },
      '6 of 11 projects are cold at once, besides 6 whose names are taken',
    ],
    [{ projects: 11, cold: 6, conflicts: 0 }, '6 of 11 projects are cold at once:'],
  ])('with %j, of which conflicts count neither way', (counts, reason) => {
    const found = holdReason({ ...plan, ...counts }, undefined);
    if (reason === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(reason);
  });
});
