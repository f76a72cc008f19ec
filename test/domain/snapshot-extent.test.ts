import { describe, expect, it } from 'vitest';
import { narrowness, widest } from '../../src/domain/snapshot-extent.js';
import { coverOf } from '../../src/domain/snapshot-place.js';

const [WHOLE, THESIS, FILMS, OTHER] = ['/srv/flux', '/srv/flux/active/thesis', '/srv/flux/films', '/old'];

/** What counts of snapshots of these paths, one an hour. */
function counts(saved: string[], paths: string[], until?: number): string[] {
  const covered = saved.flatMap((path, hour) => {
    const cover = coverOf([path], { roots: ['/srv/flux'], assume: true });
    const time = new Date(hour * 3_600_000).toISOString();
    const snapshot = { id: path, shortId: path, time, tree: '', paths: [path] };
    return cover
      ? [
          {
            cover,
            held: { repository: 'r', snapshot: { ...snapshot, hostname: '', username: '', tags: [] } },
          },
        ]
      : [];
  });
  return widest(covered, { paths, until }).map(({ held }) => held.snapshot.id);
}

describe('the snapshots of what is asked for', () => {
  it('are those of all of it', () => {
    expect(counts([WHOLE, THESIS, FILMS], [''])).toEqual([WHOLE]);
    expect(counts([WHOLE, THESIS, FILMS], ['active/thesis/notes.md'])).toEqual([WHOLE, THESIS]);
    expect(counts([WHOLE, THESIS, FILMS], ['films', 'active/thesis'])).toEqual([WHOLE]);
  });

  it('are those of some of it, where none is of all of it', () => {
    expect(counts([THESIS, FILMS], ['active'])).toEqual([THESIS]);
    expect(counts([THESIS, FILMS], [''])).toEqual([THESIS, FILMS]);
    expect(counts([THESIS, FILMS, WHOLE], ['active'], 3_600_000)).toEqual([THESIS]);
  });

  it('are all, where none is, so that it can be said which there are', () => {
    expect(counts([THESIS, FILMS], ['models'])).toEqual([THESIS, FILMS]);
    expect(counts([THESIS], [''], -1)).toEqual([THESIS]);
  });

  it('are what is taken for the volume too', () => {
    expect(counts([OTHER], ['active'])).toEqual([OTHER]);
    expect(counts([WHOLE, THESIS, OTHER], [''])).toEqual([WHOLE, OTHER]);
  });
});

it('a snapshot of less than is asked for says of what it is', () => {
  const cover = coverOf([THESIS, '/etc'], { roots: ['/srv/flux'], assume: false });
  expect(cover && narrowness(cover, ['active'])).toContain(`${THESIS} only`);
  expect(cover && narrowness(cover, ['active/thesis'])).toBeUndefined();
});
