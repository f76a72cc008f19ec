import { describe, expect, it } from 'vitest';
import {
  type CoverOptions,
  coverOf,
  pathWithin,
  placeInTree,
  placesToLookAt,
  savedFrom,
} from '../../src/domain/snapshot-place.js';

const flux: CoverOptions = { roots: ['/srv/flux'], assume: false };

/** Where a path lies in a tree with these names at its root; undefined for a snapshot of something else. */
function place(paths: string[], rootNames: string[], path: string, options = flux): string | undefined {
  const cover = coverOf(paths, options);
  const found = cover && placeInTree(cover, rootNames, path);
  if (cover && found !== undefined) expect(placesToLookAt(cover, path)).toContain(found);
  return found;
}

describe('a volume in a snapshot', () => {
  it('is the saved path that is its root', () => {
    expect(coverOf(['/etc', '/srv/flux'], flux)).toMatchObject({ how: 'root', saved: ['/srv/flux'] });
    expect(place(['/etc', '/srv/flux'], ['etc', 'srv'], 'active/thesis')).toBe('/srv/flux/active/thesis');
    expect(place(['/srv/flux/'], ['srv'], '')).toBe('/srv/flux');
  });

  it('is a folder of a saved path above it', () => {
    expect(coverOf(['/'], flux)?.how).toBe('above');
    expect(place(['/'], ['bin', 'etc', 'srv'], 'active')).toBe('/srv/flux/active');
    expect(place(['/srv'], ['srv'], 'active')).toBe('/srv/flux/active');
    expect(place(['/', '/srv'], ['srv'], 'active')).toBe('/srv/flux/active');
  });

  it('is there in part where only folders of it were saved', () => {
    const paths = ['/srv/flux/active', '/srv/flux/models'];
    expect(coverOf(paths, flux)).toMatchObject({ how: 'below', saved: paths });
    expect(place(paths, ['srv'], 'active/thesis')).toBe('/srv/flux/active/thesis');
    expect(place(paths, ['srv'], '')).toBe('/srv/flux');
    expect(place(paths, ['srv'], 'scratch')).toBeUndefined();
  });

  it('is recognised by its resolved root too', () => {
    const options = { roots: ['/flux', '/srv/flux'], assume: false };
    expect(place(['/srv/flux'], ['srv'], 'active', options)).toBe('/srv/flux/active');
  });

  it('is not what only begins like it', () => {
    expect(coverOf(['/srv/flux-old', '/srv/fl'], flux)).toBeUndefined();
  });

  it('is one other saved path only where nothing else can be meant', () => {
    const assume = { ...flux, assume: true };
    expect(coverOf(['/old/place'], flux)).toBeUndefined();
    expect(coverOf(['/old/place'], assume)?.how).toBe('assumed');
    expect(coverOf(['/old/place', '/etc'], assume)).toBeUndefined();
    expect(place(['/old/place'], ['old'], 'active', assume)).toBe('/old/place/active');
    expect(place(['C:\\Users\\mike'], ['C'], 'notes.txt', assume)).toBe('/C/Users/mike/notes.txt');
  });
});

describe('a path that restic was given relatively', () => {
  it('lies at the root of the tree when it was saved as `.`', () => {
    expect(place(['/srv/flux'], ['active', 'scratch'], 'active/thesis')).toBe('/active/thesis');
    expect(place(['/srv/flux'], ['active'], '')).toBe('/');
  });

  it('lies there also if the volume has a folder of its own name', () => {
    expect(place(['/srv/flux'], ['active', 'srv'], 'active')).toBe('/active');
  });

  it('keeps the names that were given', () => {
    expect(place(['/srv/flux'], ['flux'], 'active')).toBe('/flux/active');
    expect(place(['/srv/flux/active', '/srv/flux/models'], ['active', 'models'], 'models/x')).toBe(
      '/models/x',
    );
    expect(place(['/srv/flux/active', '/srv/flux/models'], ['active', 'models'], '')).toBe('/');
  });

  it('is not told apart from what was saved beside it', () => {
    expect(place(['/srv/flux/active', '/etc/hostname'], ['active', 'etc'], '')).toBeUndefined();
    expect(place(['/srv/flux/active', '/etc/hostname'], ['active', 'etc'], 'active/x')).toBe('/active/x');
  });
});

describe('where something was when it was saved', () => {
  it.each([
    ['/srv/flux/active/a', ['/srv/flux'], '/srv/flux/active/a'],
    ['/active/a', ['/srv/flux'], '/srv/flux/active/a'],
    ['/flux/active/a', ['/srv/flux'], '/srv/flux/active/a'],
    ['/flux/active/a', ['/etc/hostname', '/srv/flux/active'], '/srv/flux/active/a'],
    ['/etc/hostname', ['/etc/hostname', '/srv/flux/active'], '/etc/hostname'],
    ['/srv', ['/srv/flux'], '/srv'],
    ['/C/data/x', ['C:\\data'], '/C/data/x'],
  ])('%s of %j', (place, paths, absolute) => {
    expect(savedFrom(place, paths)).toBe(absolute);
  });

  it('says what lies in a folder, and what only begins like it', () => {
    expect(pathWithin('/srv/flux', '/srv/flux/active/a')).toBe('active/a');
    expect(pathWithin('/srv/flux', '/srv/flux')).toBe('');
    expect(pathWithin('/srv/flux', '/srv/flux-old/a')).toBeUndefined();
  });
});
