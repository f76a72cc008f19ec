import { describe, expect, it } from 'vitest';
import { coverageOf, drilledBefore, projectOf, projectsDue } from '../../src/domain/drill-coverage.js';

const DAY = 24 * 3600;
const NOW = Date.parse('2026-11-22T06:00:00Z');
const daysAgo = (days: number): string => new Date(NOW - days * DAY * 1000).toISOString();
const CADENCE = { now: NOW, cycleSeconds: 28 * DAY, gapSeconds: 7 * DAY };

describe('a project', () => {
  const folders = [['active'], ['active', 'teams'], ['models']];
  it.each([
    ['active/thesis/a/b', 'active/thesis'],
    ['active/teams/red/a', 'active/teams/red'],
    ['active/note', undefined],
    ['models/llm/w', 'models/llm'],
    ['photos/2026/a', 'photos'],
    ['note', undefined],
  ])('of %s', (path, project) => {
    expect(projectOf(path.split('/'), folders)).toBe(project);
  });

  it('is a folder at the root where no folders are declared', () => {
    expect(projectOf(['a', 'b', 'c'], [])).toBe('a');
  });
});

describe('the projects that are due', () => {
  it('are first of all those that were drilled by a clock that was ahead', () => {
    const drilled = [
      ['a', daysAgo(1)],
      ['b', daysAgo(-400)],
      ['gone', daysAgo(1)],
    ] as const;
    const last = drilledBefore(drilled, ['a', 'b'], new Date(NOW));
    expect([...last.keys()]).toEqual(['a']);
    expect(projectsDue(['a', 'b'], last, CADENCE)).toEqual(['b']);
    expect(coverageOf(['a', 'b'], last, CADENCE).drilled).toBe(1);
  });

  it('are those that were not drilled for longest, as many as the cycle needs with one run missed', () => {
    const last = new Map([
      ['a', daysAgo(1)],
      ['b', daysAgo(3)],
      ['c', daysAgo(2)],
    ]);
    expect(projectsDue(['a', 'b', 'c', 'new'], last, CADENCE)).toEqual(['new', 'b']);
  });

  it('are all of those whose time would be over before the run after the next', () => {
    const last = new Map(['a', 'b', 'c'].map((name) => [name, daysAgo(15)]));
    expect(projectsDue(['a', 'b', 'c'], last, CADENCE)).toEqual(['a', 'b', 'c']);
  });

  it.each([1, 2, 7, 100])('come round within the cycle, though a run of it fails: %i', (count) => {
    const projects = Array.from({ length: count }, (_none, index) => `p${String(index)}`);
    const last = new Map<string, string>();
    const cadence = { cycleSeconds: 90 * DAY, gapSeconds: 7 * DAY };
    for (let run = 0; run < 60; run += 1) {
      const now = NOW + run * 7 * DAY * 1000;
      if (run % 12 === 11) continue;
      for (const project of projectsDue(projects, last, { ...cadence, now }))
        last.set(project, new Date(now).toISOString());
      if (run > 12) expect(coverageOf(projects, last, { ...cadence, now }).drilled).toBe(count);
    }
  });
});

it('covers what was drilled within the cycle', () => {
  const last = new Map([
    ['a', daysAgo(28)],
    ['b', daysAgo(29)],
  ]);
  expect(coverageOf(['a', 'b', 'c'], last, CADENCE)).toEqual({ projects: 3, drilled: 1, cycleDays: 28 });
});
