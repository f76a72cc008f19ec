import { describe, expect, it } from 'vitest';
import { FoundVersions, type Sighting } from '../../src/domain/found-versions.js';

const seen = (more: Partial<Sighting> = {}): Sighting => ({
  ...{ path: 'flux/a', in: { repository: 'local' }, type: 'file', size: 1, modified: '2026-11-20T10:00:00Z' },
  ...more,
});

describe('the versions of a file', () => {
  it('are one for each size and time in each place, the oldest last', () => {
    const found = new FoundVersions(10);
    found.add(seen({ snapshot: 'three' }));
    found.add(seen({ snapshot: 'two' }));
    found.add(seen({ snapshot: 'one', size: 2, modified: '2026-11-19T10:00:00Z' }));
    found.add(seen({ in: { remote: 'b2' }, modified: '2026-11-21T10:00:00Z' }));
    found.add(seen({ in: { repository: 'other' }, snapshot: 'x' }));
    expect(found.files()).toMatchObject([
      {
        path: 'flux/a',
        versions: [
          { remote: 'b2', snapshots: [] },
          { repository: 'local', snapshots: ['three', 'two'] },
          { repository: 'other', snapshots: ['x'] },
          { size: 2, snapshots: ['one'] },
        ],
      },
    ]);
  });

  it('of one time are told with what is still there first, then by their upload', () => {
    const found = new FoundVersions(10);
    const hidden = { in: { remote: 'b2' }, hidden: true };
    found.add(seen({ ...hidden, uploaded: '2026-11-20T11:00:00Z' }));
    found.add(seen({ ...hidden, uploaded: '2026-11-20T12:00:00Z' }));
    found.add(seen({ in: { remote: 'b2' } }));
    const [file] = found.files();
    expect(file?.versions.map(({ uploaded }) => uploaded)).toEqual([
      undefined,
      '2026-11-20T12:00:00Z',
      '2026-11-20T11:00:00Z',
    ]);
  });

  it('are of so many files at most, and the others are counted', () => {
    const found = new FoundVersions(1);
    found.add(seen());
    found.add(seen({ path: 'flux/b' }));
    found.add(seen({ snapshot: 'more of the first' }));
    expect(found.files()).toHaveLength(1);
    expect(found.omitted).toBe(1);
  });

  it('of names that are printed alike are not mixed', () => {
    const found = new FoundVersions(10);
    found.add(seen({ path: Buffer.from('flux/caf\xe9', 'latin1') }));
    found.add(seen({ path: 'flux/caf\\xe9', size: 2 }));
    expect(found.files().map(({ path, encoded, versions }) => [path, encoded, versions.length])).toEqual([
      ['flux/caf\\xe9', true, 1],
      ['flux/caf\\xe9', undefined, 1],
    ]);
  });
});
