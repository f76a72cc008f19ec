import { execa } from 'execa';
import { mkdir, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import { loadEstate } from '../../src/estate/load.js';
import { type MirrorRestoreBed, mirrorRestoreBed } from '../support/mirror-restore-bed.js';
import { type RebuildRun, rebuildSteps } from '../support/rebuild-steps.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';

const ASKED = { estate: 'testbed', volume: 'space' };
const GRADUATION = {
  graduation: { kind: 'graduation', from: 'flux/active', to: 'space/projects', inactive: '30d' },
};

const steps = (bed: MirrorRestoreBed, run: RebuildRun = {}) => rebuildSteps(bed, run);

/** Another drive, empty, in place of the lost one. */
async function loseDrive(bed: MirrorRestoreBed): Promise<void> {
  await rm(bed.space, { recursive: true });
  await mkdir(bed.space);
  await provisionVolume({ state: bed.state, loaded: await loadEstate(bed.file), volume: 'space' });
}

async function project(bed: MirrorRestoreBed, name: string, day: number): Promise<void> {
  await bed.write({ [`projects/${name}/notes`]: `of ${name}` });
  const time = new Date(Date.UTC(2026, 0, day));
  for (const path of [`projects/${name}/notes`, `projects/${name}`])
    await utimes(join(bed.space, path), time, time);
}

it.each(['b2', 'local'] as const)(
  'brings a volume back from a mirror on %s that plain rclone made, the newest project first',
  async (type) => {
    const bed = await mirrorRestoreBed(type, GRADUATION);
    await project(bed, 'old', 1);
    await project(bed, 'old-er', 2);
    await project(bed, 'new', 20);
    await bed.write({ 'media/film': 'frames '.repeat(100), readme: 'read me', 'projects/.hidden': 'x' });
    await symlink('../media/film', join(bed.space, 'projects', 'link'));
    await mkdir(join(bed.space, 'projects', 'empty'));
    await mkdir(join(bed.space, 'hollow', 'deep'), { recursive: true });
    await execa('mkfifo', [join(bed.space, 'media', 'pipe')]);
    await execa('ln', [join(bed.space, 'media', 'film'), join(bed.space, 'media', 'same')]);
    await execa('chmod', ['2750', join(bed.space, 'projects')]);
    await bed.sync();
    await bed.describe();
    const before = await bed.live();
    await loseDrive(bed);
    const plan = await (await steps(bed)).plan(ASKED);
    expect(plan).toMatchObject({ source: { remote: 'cloud' }, resumes: false, parts: { projects: 7 } });
    const names = plan.parts.first.map(({ path }) => path);
    expect(names.indexOf('projects/new')).toBeLessThan(names.indexOf('projects/old-er'));
    expect(names.indexOf('projects/old-er')).toBeLessThan(names.indexOf('projects/old'));
    const result = await (await steps(bed)).rebuild(ASKED);
    expect(result).toMatchObject({ parts: { failed: [] }, conflicts: { count: 0 } });
    expect(result.parts.done).toBe(result.parts.count);
    const after = await bed.live();
    expect(after).toEqual(before);
    expect(await bed.left()).toEqual([]);
    expect((await readdir(bed.state.path('rebuilds'))).sort()).toEqual([
      'space.json',
      'space.lock',
      'space.parts.json',
    ]);
  },
);

it('brings a volume back as a mirror had it at a time, without a manifest too', async () => {
  const bed = await mirrorRestoreBed('b2', GRADUATION);
  await bed.sync();
  await execa('sleep', ['0.05']);
  const at = new Date().toISOString();
  await execa('sleep', ['0.05']);
  await writeFile(join(bed.thesis, 'notes'), 'later thoughts');
  await bed.sync();
  await loseDrive(bed);
  const result = await (await steps(bed)).rebuild({ ...ASKED, remote: 'cloud', at });
  expect(result).toMatchObject({ source: { remote: 'cloud', at }, restored: { files: 2 } });
  expect((await execa('cat', [join(bed.thesis, 'notes')])).stdout).toBe('first thoughts');
});

it('mixes nothing with another remote that has its name by now', async () => {
  const bed = await mirrorRestoreBed('local', GRADUATION);
  await bed.sync();
  await loseDrive(bed);
  const broken = rebuildSteps(bed, {
    onStep: (step) => {
      if (step === 'rebuild-batch-taken') throw new Error('broken off');
    },
  });
  await expect((await broken).rebuild(ASKED)).rejects.toThrow('broken off');
  const other = join(bed.folder, 'other');
  await mkdir(other);
  const declared = await readFile(bed.file, 'utf8');
  await writeFile(bed.file, declared.replace(bed.disk, other));
  expect(await readFile(bed.file, 'utf8')).not.toBe(declared);
  const refusal = { type: 'EstateSkew', message: expect.stringContaining('remote cloud') as string };
  await expect((await steps(bed)).plan(ASKED)).rejects.toMatchObject(refusal);
  await expect((await steps(bed)).rebuild(ASKED)).rejects.toMatchObject(refusal);
  await expect((await steps(bed)).rebuild(ASKED, 'run-2')).rejects.toMatchObject(refusal);
  await writeFile(bed.file, declared);
  expect(await (await steps(bed)).rebuild(ASKED, 'run-2')).toMatchObject({ parts: { failed: [] } });
});

it('tells of names that were of one file and have files of their own now', async () => {
  const bed = await mirrorRestoreBed('local', GRADUATION);
  await bed.write({ 'media/one': 'content', 'projects/big/data': 'data' });
  await execa('ln', [join(bed.space, 'media', 'one'), join(bed.space, 'projects', 'big', 'other')]);
  await bed.sync();
  await bed.describe();
  await loseDrive(bed);
  await bed.write({ 'media/one': 'content', 'projects/big/other': 'content' });
  const { source } = await (await steps(bed)).rebuild(ASKED);
  expect(source.notes).toContainEqual(expect.stringMatching(/^1 names that were of one file/));
});

describe('a volume that holds a repository of restic', () => {
  async function holder(): Promise<RestoreEstate> {
    const bed = await makeRestoreEstate();
    onTestFinished(() => bed.remove());
    await bed.backup();
    const box = join(bed.folder, 'box');
    await bed.change({
      remotes: { box: { type: 'local', path: box } },
      jobs: { mirror: { kind: 'mirror', volume: 'space', remote: 'box' } },
    });
    const left = ['--filter', '- /.fts*', '--filter', '- /.fts*/**'];
    await execa('rclone', ['sync', ...left, bed.space, box], { env: { RCLONE_CONFIG: '/dev/null' } });
    await rm(bed.space, { recursive: true });
    await mkdir(bed.space);
    await provisionVolume({ state: bed.state, loaded: await loadEstate(bed.file), volume: 'space' });
    return bed;
  }

  it('comes back with it, and restic finds it whole', async () => {
    const bed = await holder();
    const result = await (await rebuildSteps(bed)).rebuild(ASKED);
    expect(result).toMatchObject({ parts: { count: 1, done: 1, failed: [] } });
    expect(await bed.restic('check', '--read-data')).toContain('no errors were found');
  });

  it('mixes nothing with another repository that was made there meanwhile', async () => {
    const bed = await holder();
    await bed.makeRepository();
    const made = await bed.restic('cat', 'config');
    const steps = await rebuildSteps(bed);
    expect(await steps.rebuild(ASKED)).toMatchObject({
      parts: { done: 0, failed: [{ path: 'restic', type: 'DestinationExists' }] },
    });
    expect(await bed.restic('cat', 'config')).toBe(made);
    expect(await readdir(join(bed.repository, 'snapshots'))).toEqual([]);
    await rm(join(bed.space, 'restic'), { recursive: true });
    expect(await steps.rebuild(ASKED, 'run-2')).toMatchObject({ parts: { done: 1, failed: [] } });
    expect(await bed.restic('check')).toContain('no errors were found');
  });
});
