import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { type MirrorBed, mirrorBed } from '../../support/mirror-bed.js';
import { makeQuickRepository } from '../../support/quick-repository.js';

const REPOSITORY = 'snapshots/r [1]';
const RESTIC = { RESTIC_PASSWORD: 'password', RESTIC_CACHE_DIR: '/nonexistent', RESTIC_PROGRESS_FPS: '0' };

const restic = (repository: string, ...args: string[]) =>
  execa('restic', ['--repo', repository, '--no-cache', ...args], { env: RESTIC });

/** A backup or prune that happens in the middle of planning, after the freeze and before the walk. */
const meanwhile = (bed: MirrorBed, ...commands: string[]): Promise<void> =>
  bed.beforeRclone(
    [
      `case "$*" in *fts[:,]*) ;; *)`,
      `export RESTIC_PASSWORD=password RESTIC_REPOSITORY='${bed.root}/${REPOSITORY}'`,
      ...commands.map((command) => `restic --no-cache ${command} >/dev/null || exit 99`),
      ';; esac',
    ].join('\n'),
  );

/** A volume with a repository in which one backup was made. */
async function repositoryBed() {
  const bed = await mirrorBed();
  const repository = join(bed.root, REPOSITORY);
  await bed.write({ 'data/1': 'first' });
  await makeQuickRepository(repository, 'password');
  await restic(repository, 'backup', join(bed.root, 'data'));
  const names = async (folder: string): Promise<string[]> =>
    (await readdir(join(repository, folder))).map((name) => `${REPOSITORY}/${folder}/${name}`).sort();
  return {
    ...{ ...bed, repository, mirrored: join(bed.copy, REPOSITORY), ofRepository: names },
    plan: (request = {}) => bed.plan({ repositories: [REPOSITORY], ...request }),
  };
}

it('goes up packs first, then indexes, then snapshots, and never locks', async () => {
  const bed = await repositoryBed();
  const [indexes, snapshots] = [await bed.ofRepository('index'), await bed.ofRepository('snapshots')];
  await bed.write({ [`${REPOSITORY}/locks/stale`]: '' });
  await bed.plan();
  const { 'new-1': rest, ...others } = await bed.names();
  expect(others).toEqual({ 'new-2': indexes, 'new-3': snapshots });
  expect(rest).toContain(`${REPOSITORY}/config`);
  expect(rest?.join()).not.toContain('locks');
});

it('opens on the remote at every moment, though a backup runs meanwhile', async () => {
  const bed = await repositoryBed();
  const snapshots = await bed.ofRepository('snapshots');
  await bed.write({ 'data/2': 'second' });
  await meanwhile(bed, `backup '${bed.root}/data'`);
  await bed.plan();
  expect(await bed.ofRepository('snapshots')).toHaveLength(2);
  expect((await bed.names())['new-3']).toEqual(snapshots);
  for (const kind of [1, 2, 3] as const) {
    await bed.upload(kind);
    await restic(bed.mirrored, 'check', '--read-data');
  }
  await bed.plan();
  for (const kind of [1, 2, 3] as const) await bed.upload(kind);
  expect((await readdir(join(bed.mirrored, 'snapshots'))).length).toBeGreaterThan(1);
  await restic(bed.mirrored, 'check', '--read-data');
});

it('loses nothing on the remote, and gets no snapshot, when a prune runs meanwhile', async () => {
  const bed = await repositoryBed();
  await bed.sync();
  await bed.released(await bed.plan());
  await bed.write({ 'data/2': 'second' });
  await restic(bed.repository, 'backup', join(bed.root, 'data'));
  await meanwhile(bed, 'forget --keep-last 1 --group-by "" --prune --max-unused 0');
  const plan = await bed.plan();
  expect(plan.postponed).toEqual([REPOSITORY]);
  expect(Object.keys(await bed.names())).toEqual(['new-1']);
  await bed.upload(1);
  await restic(bed.mirrored, 'check', '--read-data');
});

it('goes away snapshots first, then indexes, then the rest', async () => {
  const bed = await repositoryBed();
  await bed.sync();
  const [indexes, snapshots] = [await bed.ofRepository('index'), await bed.ofRepository('snapshots')];
  await bed.write({ 'data/2': 'second' });
  await rm(bed.repository, { recursive: true });
  await bed.plan();
  const names = await bed.names();
  expect(names).toMatchObject({ 'delete-1': snapshots, 'delete-2': indexes });
  expect(names['delete-3']).toContain(`${REPOSITORY}/config`);
});

it('is not taken for empty when it is moved away during planning', async () => {
  const bed = await repositoryBed();
  await bed.sync();
  await bed.released(await bed.plan());
  const away = join(bed.folder, 'away');
  await bed.beforeRclone(`case "$*" in *fts[:,]*) ;; *) mv '${bed.repository}' ${away};; esac`);
  expect((await bed.plan()).postponed).toEqual([REPOSITORY]);
  expect((await bed.names())['delete-3']).toBeUndefined();
  await rename(away, bed.repository);
});
