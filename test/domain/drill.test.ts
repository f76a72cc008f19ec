import { describe, expect, it } from 'vitest';
import { type DrilledSnapshot, drillProblem, drillResult } from '../../src/domain/drill.js';

const GOOD: DrilledSnapshot = {
  ...{ snapshotId: 'abcdef0123', snapshotAge: 60, snapshotMaxAge: 7200 },
  ...{ compared: { files: 2, bytes: 200 }, comparedLive: 2, mismatches: 0, notComparable: 0 },
  ...{ negativeControl: 'caught', bytesPerSecond: 100 },
  coverage: { projects: 3, drilled: 1, cycleDays: 90 },
};
const differing = [{ path: 'a', message: 'it was not restored' }];

describe('a drill', () => {
  it.each<[string, Partial<DrilledSnapshot>, string | undefined]>([
    ['is a success if all is well', {}, undefined],
    ['is one where some files could not be compared', { notComparable: 3 }, undefined],
    [
      'may be of a snapshot of any age if nothing is declared',
      { snapshotAge: 1e9, snapshotMaxAge: Infinity },
      undefined,
    ],
    ['fails on a difference', { mismatches: 1, differing }, 'VerificationFailed'],
    [
      'fails if nothing was compared',
      { compared: { files: 0, bytes: 0 }, negativeControl: 'missed' },
      'NothingToVerify',
    ],
    ['is broken if it did not notice the altered copy', { negativeControl: 'missed' }, 'DrillBroken'],
    ['fails if the snapshot is too old', { snapshotAge: 7201 }, 'SnapshotTooOld'],
    ['may be of one that is just old enough', { snapshotAge: 7200 }, undefined],
  ])('%s', (_, change, type) => {
    expect(drillProblem(drillResult([{ ...GOOD, ...change }]))?.type).toBe(type);
  });

  it('of several snapshots is their sum, and names the one that is nearest to being too old', () => {
    const old = { ...GOOD, snapshotId: 'old', snapshotAge: 7200, job: 'save', bytesPerSecond: 50 };
    const result = drillResult([{ ...GOOD, job: 'other' }, old]);
    expect(result).toMatchObject({
      ...{ snapshotId: 'old', compared: { files: 4, bytes: 400 }, negativeControl: 'caught' },
      coverage: { projects: 6, drilled: 2, cycleDays: 90 },
      snapshots: [{ job: 'other' }, { job: 'save', snapshotId: 'old' }],
    });
    expect(result.bytesPerSecond).toBe(67);
    expect(drillProblem(result)).toBeUndefined();
  });

  it('of several fails as the worst of them', () => {
    const missed = { ...GOOD, negativeControl: 'missed' as const };
    expect(drillProblem(drillResult([GOOD, missed]))?.type).toBe('DrillBroken');
    expect(drillProblem(drillResult([GOOD, { ...GOOD, mismatches: 1 }]))?.type).toBe('VerificationFailed');
    const old = { ...GOOD, snapshotAge: 8000 };
    expect(drillProblem(drillResult([GOOD, old]))).toMatchObject({
      ...{
        type: 'SnapshotTooOld',
        message: 'the newest complete snapshot, abcdef01, is 2h 13m old, and 2h is allowed',
      },
    });
  });
});
