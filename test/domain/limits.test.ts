import { describe, expect, it } from 'vitest';
import { exceededLimits } from '../../src/domain/limits.js';

const planned = (files: number, bytes = 0, total = 100) => ({ deletes: { files, bytes }, total });

describe('limits', () => {
  it('allow everything when there are none', () => {
    expect(exceededLimits(undefined, planned(1e9, 1e15, 1e9))).toBeUndefined();
    expect(exceededLimits({}, planned(1e9, 1e15, 1e9))).toBeUndefined();
  });

  it('allow what equals them', () => {
    const limits = { deletes: 30, deleteBytes: 500, deleteShare: 0.3 };
    expect(exceededLimits(limits, planned(30, 500))).toBeUndefined();
  });

  it.each([
    [{ deletes: 30 }, planned(31), /31 files would be deleted, and 30 are allowed/],
    [{ deletes: 0 }, planned(1), /^1 file would/],
    [{ deleteBytes: 500 }, planned(1, 501), /501 B would be deleted, and 500 B/],
    [{ deleteShare: 0.3 }, planned(31), /31 of 100 files \(31%\) would be deleted, and 30%/],
    [
      { changeShare: 0.5 },
      { ...planned(0, 0, 200), changes: 101 },
      /101 of 200 files .* would be changed, and 50%/,
    ],
  ])('%j are exceeded', (limits, plan, reason) => {
    expect(exceededLimits(limits, plan)).toMatch(reason);
  });

  it('as shares count only above 20 deletions or 100 changes', () => {
    expect(exceededLimits({ deleteShare: 0 }, planned(20, 0, 20))).toBeUndefined();
    expect(exceededLimits({ deleteShare: 0 }, planned(21, 0, 21))).toBeDefined();
    expect(exceededLimits({ changeShare: 0 }, { ...planned(0), changes: 100 })).toBeUndefined();
    expect(exceededLimits({ changeShare: 0 }, { ...planned(0), changes: 101 })).toBeDefined();
  });

  it('are all named when several are exceeded', () => {
    expect(exceededLimits({ deletes: 1, deleteBytes: 1 }, planned(2, 2))?.split('; ')).toHaveLength(2);
  });
});
