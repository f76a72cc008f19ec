import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEstate } from '../../src/estate/load.js';
import {
  describeJob,
  jobHost,
  jobOf,
  repositoriesOn,
  repositoryPath,
  repositoryRemotePath,
  volumeRoot,
  volumesOfJob,
} from '../../src/estate/lookup.js';
import { load, SMALL } from './sandbox.js';

const reference = await loadEstate(join(import.meta.dirname, '../../examples/miket.yaml'));

describe('a job', () => {
  it.each([
    ['flux-snapshot', ['flux', 'space'], 'snapshot of flux to flux-local'],
    ['flux-backup', ['flux'], 'backup of flux to flux-b2'],
    ['space-mirror', ['space'], 'mirror of space to space-mirror'],
    ['flux-graduation', ['flux', 'space'], 'graduation from flux/active to space/projects'],
    ['scratch-purge', ['flux'], 'purge of flux/scratch'],
    ['flux-local-check', ['space'], 'check of flux-local'],
    ['flux-drill', ['flux'], 'drill of flux-b2'],
  ])('%s', (job, volumes, description) => {
    expect(jobHost(reference.estate, job)).toBe('motoko');
    expect(volumesOfJob(reference.estate, job)).toEqual(volumes);
    expect(describeJob(reference.estate, job)).toBe(description);
  });

  it('that is not declared is an error, whatever its name', () => {
    expect(() => jobOf(reference.estate, 'flux')).toThrow('the estate declares no job "flux"');
    expect(() => jobOf(reference.estate, 'constructor')).toThrow('the estate declares no job "constructor"');
  });
});

describe('a place', () => {
  it('is absolute', () => {
    expect(volumeRoot(reference, 'flux')).toBe('/flux');
    expect(repositoryPath(reference, 'flux-local')).toBe('/space/snapshots/flux-local');
    expect(repositoryPath(reference, 'flux-b2')).toBeUndefined();
    expect(repositoryRemotePath(reference.estate, 'flux-b2')).toBeUndefined();
  });

  it('tells which repositories lie on it', () => {
    expect(repositoriesOn(reference.estate, 'space')).toEqual([
      { name: 'flux-local', path: 'snapshots/flux-local' },
    ]);
    expect(repositoriesOn(reference.estate, 'flux')).toEqual([]);
  });

  it("is relative to the estate file if it is relative, and to the remote's path behind a remote", async () => {
    const loaded = await load(
      SMALL.replace('/backup, filesystem: xfs', './disks/backup/, filesystem: directory').replace(
        'jobs:',
        '  far: { remote: box, path: restic, password: p }\nremotes: { box: { type: b2, path: bucket/folder } }\njobs:',
      ),
    );
    expect(repositoryPath(loaded, 'local')).toBe(join(loaded.directory, 'disks/backup/restic'));
    expect(repositoryRemotePath(loaded.estate, 'far')).toBe('bucket/folder/restic');
  });
});
