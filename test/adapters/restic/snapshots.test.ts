import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openRepository } from '../../../src/adapters/restic/repository.js';
import { listSnapshots } from '../../../src/adapters/restic/snapshots.js';
import { createSecretResolver } from '../../../src/adapters/secrets.js';
import { loadEstate } from '../../../src/estate/load.js';
import { type ResticEstate, makeResticEstate } from '../../support/restic-estate.js';

let bed: ResticEstate;
beforeEach(async () => {
  bed = await makeResticEstate({ repositories: { local: local() } });
  onTestFinished(() => bed.remove());
});

const local = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...{ host: 'here', volume: 'space', path: 'restic/local', password: 'password' },
  ...more,
});

async function open() {
  const loaded = await loadEstate(bed.file);
  return openRepository(loaded, 'local', { state: bed.state, secrets: createSecretResolver(loaded, {}) });
}

/** What plain restic made, somewhere else, without our tags. */
async function foreignSnapshot(): Promise<void> {
  await bed.makeRepository();
  await writeFile(join(bed.flux, 'a.txt'), 'one');
  await bed.restic('backup', '--quiet', '--host', 'elsewhere', '--time', '2026-11-20 12:00:00', bed.flux);
  await bed.restic(
    'backup',
    '--quiet',
    '--tag',
    'a,b',
    '--time',
    '2026-11-19 12:00:00',
    bed.flux,
    '/etc/hostname',
  );
}

describe('the snapshots of a repository', () => {
  it('are listed, the oldest first, whoever made them', async () => {
    await foreignSnapshot();
    const [first, second, ...more] = await listSnapshots(await open());
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      paths: expect.arrayContaining([bed.flux, '/etc/hostname']) as string[],
      tags: ['a', 'b'],
    });
    expect(second).toMatchObject({ hostname: 'elsewhere', tags: [], paths: [bed.flux] });
    expect(second?.time).toMatch(/^2026-11-20T\d\d:00:00Z$/);
    expect(second?.summary?.totalFilesProcessed).toBeGreaterThan(0);
  });

  it('are listed while somebody else holds the repository and our own lock, and nothing is left behind', async () => {
    await foreignSnapshot();
    const repository = await open();
    const lock = execa('flock', [repository.lock, 'sleep', '60'], { reject: false });
    onTestFinished(() => void lock.kill());
    await writeFile(join(bed.repository, 'locks', 'f'.repeat(64)), 'nobody can read this');
    expect(await listSnapshots(repository)).toHaveLength(2);
    expect(await readdir(join(bed.repository, 'locks'))).toHaveLength(1);
  });

  it('are none in an empty repository', async () => {
    await bed.makeRepository();
    expect(await listSnapshots(await open())).toEqual([]);
  });

  it('cannot be listed where there is no repository, or with another password', async () => {
    await expect(listSnapshots(await open())).rejects.toMatchObject({ type: 'RepositoryMissing' });
    await foreignSnapshot();
    await bed.change({ repositories: { local: local({ password: 'wrong' }) } });
    await expect(listSnapshots(await open())).rejects.toMatchObject({ type: 'WrongPassword' });
  });
});
