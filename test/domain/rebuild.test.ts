import { describe, expect, it } from 'vitest';
import {
  type MirrorSource,
  type RepositorySource,
  goneWithout,
  speedByDrills,
} from '../../src/domain/rebuild.js';

const repository = (some: Partial<RepositorySource>): RepositorySource => ({
  ...{ repository: 'local', volume: null, lostToo: false, snapshots: 1, from: null, until: null },
  ...{ ageSeconds: null, snapshotId: null, files: null, bytes: null, partialUntil: null, only: null },
  ...{ without: { paths: [], patterns: [] }, bytesPerSecond: null, restoreSeconds: null, problem: null },
  ...some,
});
const mirror = (until: string | null, ...paths: string[]): MirrorSource => ({
  ...{ job: 'mirror', remote: 'b2', until, ageSeconds: null, problem: null },
  without: { paths, patterns: [] },
});
const EARLY = '2026-11-20T10:00:00Z';
const LATE = '2026-11-21T10:00:00.5Z';

describe('what would be gone with a drive', () => {
  it('is all that is saved nowhere, or only on the same disk', () => {
    const none = { all: true, writtenSince: null };
    expect(goneWithout({ repositories: [], mirrors: [], holds: [] })).toMatchObject(none);
    const lost = [repository({ until: LATE, lostToo: true })];
    expect(goneWithout({ repositories: lost, mirrors: [mirror(null)], holds: [] })).toMatchObject(none);
  });

  it('is what was written since the newest source, and what all of them leave out', () => {
    const without = (...paths: string[]) => ({ paths, patterns: ['*.iso'] });
    const repositories = [
      repository({ until: EARLY, without: without('scratch', 'models/big') }),
      repository({ until: LATE, without: without('scratch/deep', 'models') }),
      repository({ until: null, without: without() }),
    ];
    expect(goneWithout({ repositories, mirrors: [], holds: [] })).toMatchObject({
      all: false,
      writtenSince: LATE,
      without: { paths: ['models/big', 'scratch/deep'], patterns: ['*.iso'] },
    });
    expect(goneWithout({ repositories, mirrors: [mirror(EARLY, 'scratch')], holds: [] }).without).toEqual({
      paths: ['scratch/deep'],
      patterns: [],
    });
  });

  it('is the repositories on it, unless they are mirrored', () => {
    const holds = ['local'];
    expect(goneWithout({ repositories: [], mirrors: [], holds }).repositories).toEqual(holds);
    expect(goneWithout({ repositories: [], mirrors: [mirror(null)], holds }).repositories).toEqual(holds);
    expect(goneWithout({ repositories: [], mirrors: [mirror(LATE)], holds }).repositories).toEqual([]);
  });
});

describe('how fast files come back', () => {
  const drill = (endedAt: string, bytesPerSecond: number, bytes: number) => ({
    ...{ endedAt, bytesPerSecond },
    compared: { bytes },
  });
  const MIB = 2 ** 20;

  it.each([
    ['nothing was drilled', [], null],
    ['23 bytes were drilled', [drill(LATE, 16, 23)], null],
    ['a byte too few was', [drill(LATE, 100, 16 * MIB - 1)], null],
    ['enough was', [drill(LATE, 100, 16 * MIB)], 100],
    ['two drills told', [drill(EARLY, 100, 20 * MIB), drill(LATE, 200, 20 * MIB)], 200],
    ['the newer one is too small', [drill(LATE, 16, 23), drill(EARLY, 100, 20 * MIB)], 100],
    ['nothing was measured', [drill(LATE, 0, 20 * MIB)], null],
  ])('where %s', (_, drills, speed) => {
    expect(speedByDrills(drills)).toBe(speed);
  });
});
