import { chmod, mkdir, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOSTILE_NAMES } from '../support/hostile-names.js';
import { type RebuildRun, rebuildSteps } from '../support/rebuild-steps.js';
import { type RebuildEstate, makeRebuildEstate } from '../support/rebuild-estate.js';

const ASKED = { estate: 'testbed', volume: 'flux' };

let bed: RebuildEstate;
beforeEach(async () => {
  bed = await makeRebuildEstate();
});
afterEach(() => bed.remove());

const rebuild = async (asked: object = {}, run: RebuildRun = {}, runId?: string) =>
  (await rebuildSteps(bed, run)).rebuild({ ...ASKED, ...asked }, runId);
const plan = async (asked: object = {}) => (await rebuildSteps(bed)).plan({ ...ASKED, ...asked });

/** A project in which everything was changed that day of 2026. */
async function project(name: string | Buffer, day: number): Promise<void> {
  const folder = Buffer.concat([Buffer.from(`${bed.flux}/active/`), Buffer.from(name)]);
  const file = Buffer.concat([folder, Buffer.from('/notes')]);
  await mkdir(folder, { recursive: true });
  await writeFile(file, `of ${name.toString()}`);
  const time = new Date(Date.UTC(2026, 0, day));
  for (const path of [file, folder]) await utimes(path, time, time);
}

describe('a rebuild from a snapshot that plain restic made', () => {
  it('brings a lost volume back as it was, the newest project first', async () => {
    await project('old', 1);
    await project('new', 20);
    await project('middle', 10);
    await mkdir(join(bed.flux, 'models'));
    await writeFile(join(bed.flux, 'models', 'weights'), 'w'.repeat(5000));
    await writeFile(join(bed.flux, 'readme'), 'read me');
    await chmod(join(bed.flux, 'active'), 0o2750);
    await bed.backup();
    const before = await bed.live();
    await bed.lose();
    expect(await plan()).toMatchObject({
      ...{ volume: 'flux', resumes: false, source: { repository: 'local' } },
      parts: {
        ...{ count: 5, projects: 3, done: 0 },
        first: [{ path: 'active/new' }, { path: 'active/middle' }, { path: 'active/old' }, {}, {}],
      },
      restored: { files: 5 },
    });
    expect(await rebuild()).toMatchObject({
      parts: { count: 5, done: 5, failed: [] },
      ...{ restored: { files: 5 }, verified: { files: 5 }, conflicts: { count: 0 } },
    });
    expect(await bed.live()).toEqual(before);
    expect(await bed.staged()).toEqual([]);
    const { stdout } = await execa('stat', ['-c', '%z', 'new', 'middle', 'old'], {
      cwd: join(bed.flux, 'active'),
    });
    const published = stdout.split('\n');
    expect([...published].sort()).toEqual(published);
    expect(await readdir(bed.state.path('restores'))).toEqual([]);
  });

  it('brings hostile names, hard links, attributes, FIFOs and sparse files back', async () => {
    for (const [day, name] of HOSTILE_NAMES.entries()) await project(name, 1 + day);
    for (const name of ['\xff', '\xfe', '\ufffd', 'caf\xe9', '\\xff', '\\u2028'])
      await project(Buffer.from(name, name === '\ufffd' ? 'utf8' : 'latin1'), 2);
    const odd = join(bed.flux, 'active', 'odd');
    await mkdir(odd);
    await writeFile(join(odd, 'one'), 'content');
    await execa('ln', ['one', 'other'], { cwd: odd });
    await execa('mkfifo', ['pipe'], { cwd: odd });
    await execa('truncate', ['-s', '3M', 'holes'], { cwd: odd });
    await execa('python3', ['-c', "import os; os.setxattr('one', 'user.tag', b'kept')"], { cwd: odd });
    await symlink('nowhere', join(bed.flux, 'active', 'dangling'));
    await symlink('active', join(bed.flux, 'shortcut'));
    await mkdir(join(bed.flux, '.fts-mine'));
    await mkdir(Buffer.concat([Buffer.from(`${bed.flux}/`), Buffer.from([0xff])]));
    await bed.backup();
    const before = await bed.live();
    await bed.lose();
    const result = await rebuild();
    expect(result).toMatchObject({ parts: { failed: [] } });
    expect(await bed.live()).toEqual(before);
    const { stdout } = await execa('python3', ['-c', "import os; print(os.getxattr('other', 'user.tag'))"], {
      cwd: odd,
    });
    expect(stdout).toBe("b'kept'");
    expect(await readdir(bed.flux)).not.toContain('.fts-mine');
    expect(Number((await execa('stat', ['-c', '%b', 'holes'], { cwd: odd })).stdout)).toBeLessThan(1000);
  });

  it('leaves what is there as it is, and tells of what differs', async () => {
    await project('thesis', 3);
    await project('notes', 2);
    await bed.backup();
    await bed.lose();
    await mkdir(join(bed.flux, 'active', 'thesis'), { recursive: true });
    await writeFile(join(bed.flux, 'active', 'thesis', 'notes'), 'written since');
    await writeFile(join(bed.flux, 'active', 'mine'), 'only here');
    const result = await rebuild();
    expect(result).toMatchObject({
      ...{ parts: { count: 2, done: 2 }, restored: { files: 1 }, verified: { files: 2 } },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes', action: 'kept' }] },
    });
    const text = (...names: string[]) => readFile(join(bed.flux, 'active', ...names), 'utf8');
    expect(await text('thesis', 'notes')).toBe('written since');
    expect(await text('mine')).toBe('only here');
    expect(await readFile(result.conflicts.report ?? '', 'utf8')).toContain('active/thesis/notes');
  });

  it('tells of names that were of one file and have files of their own now', async () => {
    await project('one', 2);
    await project('other', 3);
    await rm(join(bed.flux, 'active', 'other', 'notes'));
    await execa('ln', ['one/notes', 'other/notes'], { cwd: join(bed.flux, 'active') });
    await bed.backup();
    await bed.lose();
    expect((await rebuild()).source.notes ?? []).not.toContainEqual(expect.stringContaining('of one file'));
    await execa('cp', ['-a', '--remove-destination', 'one/notes', 'other/notes'], {
      cwd: join(bed.flux, 'active'),
    });
    const { source } = await rebuild({ restart: true }, {}, 'run-2');
    expect(source.notes).toContainEqual(expect.stringMatching(/^1 names that were of one file/));
  });

  it('takes what was saved before the drive was new, and not a snapshot of the empty one', async () => {
    await project('thesis', 3);
    const whole = await bed.backup();
    await bed.lose();
    await bed.backup();
    const { source } = await plan();
    expect(source).toMatchObject({
      snapshotId: whole,
      notes: [expect.stringContaining('provisioned empty') as string],
    });
    expect((await rebuild()).verified).toMatchObject({ files: 1 });
    const later = await bed.backup();
    expect((await plan()).source).toMatchObject({ snapshotId: later });
  });

  it('takes a whole, complete snapshot rather than a newer one that is neither', async () => {
    await project('thesis', 3);
    const whole = await bed.backup();
    await bed.backup('--tag', 'partial', bed.flux);
    await bed.backup(join(bed.flux, 'active'));
    const { source } = await plan();
    expect(source).toMatchObject({ snapshotId: whole });
    expect(source.notes).toHaveLength(2);
  });

  it.each(['flex', '../../flux', 'flux/..'])('touches nothing for a volume %s', async (volume) => {
    await expect(rebuild({ volume })).rejects.toMatchObject({ type: 'RequestInvalid' });
    await expect(plan({ volume })).rejects.toMatchObject({ type: 'RequestInvalid' });
    expect(await readdir(bed.state.path())).not.toContain('rebuilds');
  });

  it('brings back what lies in a snapshot of other paths than the volume declares', async () => {
    await project('thesis', 3);
    const before = await bed.live();
    const elsewhere = join(bed.folder, 'elsewhere');
    await mkdir(elsewhere);
    await execa('cp', ['-a', '-T', bed.flux, elsewhere]);
    await bed.backup(elsewhere);
    await bed.lose();
    await rebuild();
    expect(await bed.live()).toEqual(before);
  });
});
