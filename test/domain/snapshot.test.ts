import { describe, expect, it } from 'vitest';
import { type HeldSnapshot, chooseSnapshot } from '../../src/domain/snapshot.js';

const held = (id: string, time: string, repository = 'local'): HeldSnapshot => ({
  repository,
  snapshot: {
    ...{ id: id.padEnd(64, '0'), shortId: id.slice(0, 8), time, tree: 't', paths: ['/flux'] },
    ...{ hostname: 'h', username: 'u', tags: [] },
  },
});
const monday = held('aa11', '2026-11-16T10:00:00.5Z');
const tuesday = held('aa22', '2026-11-17T10:00:00Z');
const wednesday = held('bb33', '2026-11-18T10:00:00Z');
const all = [monday, wednesday, tuesday];

const chosen = (snapshots: HeldSnapshot[], wanted: { id?: string; until?: string } = {}): unknown => {
  const { id, until } = wanted;
  const choice = chooseSnapshot(snapshots, {
    ...(id !== undefined && { id }),
    ...(until !== undefined && { until: Date.parse(until) }),
  });
  return 'found' in choice ? choice.found : choice;
};

describe('the snapshot that is meant', () => {
  it('is the newest', () => {
    expect(chosen(all)).toBe(wednesday);
    expect(chosen(all, { id: 'latest' })).toBe(wednesday);
  });

  it('is the newest until then, that moment included', () => {
    expect(chosen(all, { until: '2026-11-18T09:59:59Z' })).toBe(tuesday);
    expect(chosen(all, { until: '2026-11-17T10:00:00Z' })).toBe(tuesday);
  });

  it('is none before the first, and the first ones are named', () => {
    expect(chosen(all, { until: '2026-11-16T10:00:00Z' })).toEqual({
      problem: 'tooEarly',
      nearest: [monday, tuesday, wednesday],
    });
    expect(chosen([])).toEqual({ problem: 'none', nearest: [] });
  });

  it('is the one of that id, or of what it begins with', () => {
    expect(chosen(all, { id: 'bb33' })).toBe(wednesday);
    expect(chosen(all, { id: 'BB' })).toBe(wednesday);
    expect(chosen(all, { id: tuesday.snapshot.id })).toBe(tuesday);
  });

  it('is none where several ids begin so, or none does', () => {
    expect(chosen(all, { id: 'aa' })).toEqual({ problem: 'ambiguous', nearest: [tuesday, monday] });
    expect(chosen(all, { id: 'cc' })).toMatchObject({ problem: 'unknown' });
  });

  it('is, of two of one moment, that of the repository that comes first', () => {
    const twin = held('cc44', wednesday.snapshot.time, 'remote');
    expect(chosen([...all, twin])).toBe(wednesday);
    expect(chosen([twin, ...all])).toBe(twin);
  });

  it('is the same one when a copy of the repository has it too', () => {
    const copy = { ...wednesday, repository: 'copy' };
    expect(chosen([...all, copy], { id: 'bb' })).toBe(wednesday);
  });
});
