import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lossToApprove, planNumbers } from '../../../src/domain/mirror.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';
import { mirrorBed } from '../../support/mirror-bed.js';

/** `count` small files in a folder. */
const many = (folder: string, count: number, content = 'x'): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/${String(index)}`, content]));

describe('a plan', () => {
  it('of a first run has every file as new, and needs no approval', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'a/one': 'one', two: '22' });
    const plan = await bed.plan();
    expect(await bed.names()).toEqual({ 'new-1': ['a/one', 'two'] });
    expect(plan).toMatchObject({
      held: 'nothing',
      source: { files: 2, bytes: 5 },
      remote: { files: 0, bytes: 0 },
    });
    expect(plan.exceeds).toBeUndefined();
  });

  it('of equal sides is empty, however often it is made', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'a/one': 'one', two: '22' });
    await bed.sync();
    const first = await bed.plan();
    const second = await bed.plan();
    expect(await bed.names()).toEqual({});
    expect(planNumbers(second)).toEqual({
      ...{
        hash: planNumbers(first).hash,
        transfers: 0,
        changes: 0,
        deletes: 0,
        deleteBytes: 0,
        deleteShare: 0,
      },
    });
  });

  it('tells what is new, changed, touched and gone', async () => {
    const bed = await mirrorBed();
    await bed.write({ same: 's', changed: 'before', touched: 'same size', gone: 'gone' });
    await bed.sync();
    await bed.released(await bed.plan());
    await rm(join(bed.root, 'gone'));
    await bed.write({ new: 'new', changed: 'and after' });
    await utimes(join(bed.root, 'touched'), 1, 1);
    const plan = await bed.plan({ limits: { deleteShare: 1 } });
    expect(await bed.names()).toEqual({
      ...{ 'new-1': ['new'], 'changed-1': ['changed'], touched: ['touched'], 'delete-3': ['gone'] },
    });
    expect(planNumbers(plan)).toMatchObject({
      transfers: 3,
      changes: 2,
      deletes: 1,
      deleteBytes: 4,
      deleteShare: 0.25,
    });
    expect(plan.losses.overwrites).toMatchObject({ files: 2, bytes: 'before'.length + 'same size'.length });
    expect(plan.held).toBe('nothing');
  });

  it('is made once a run', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    const first = await bed.plan({ runId: 'same' });
    await bed.write({ two: '2' });
    expect(await bed.plan({ runId: 'same' })).toEqual(first);
    expect((await bed.plan()).new[0].files).toBe(2);
  });
});

describe('what waits for a person', () => {
  it('is every deletion when the source is empty, whatever the limits', async () => {
    const bed = await mirrorBed();
    await bed.write(many('a', 3));
    await bed.sync();
    await bed.released(await bed.plan());
    await rm(join(bed.root, 'a'), { recursive: true });
    const plan = await bed.plan({ limits: { deletes: 1000, deleteShare: 1 } });
    expect(plan).toMatchObject({ held: 'deletions', exceeds: 'the source holds no file' });
    expect(lossToApprove(plan)).toMatchObject({ files: 3, commonPath: Buffer.from('a').toString('base64') });
  });

  it('is every deletion when nothing that the remote holds would stay', async () => {
    const bed = await mirrorBed();
    await bed.write(many('a', 3));
    await bed.sync();
    await bed.released(await bed.plan());
    await rename(join(bed.root, 'a'), join(bed.root, 'b'));
    const plan = await bed.plan({ limits: { deletes: 1000, deleteShare: 1 } });
    expect(plan).toMatchObject({
      ...{ held: 'deletions', exceeds: 'everything that the remote holds would be deleted' },
      new: [{ files: 3 }, {}, {}],
    });
  });

  it('is every deletion when 40% are gone, without a limit declared; what is new and changed is not', async () => {
    const bed = await mirrorBed();
    await bed.write({ ...many('a', 60), ...many('b', 40, 'bbbb') });
    await bed.sync();
    await bed.released(await bed.plan());
    await rm(join(bed.root, 'b'), { recursive: true });
    await bed.write({ new: 'new', 'a/1': 'changed' });
    const plan = await bed.plan();
    expect(plan).toMatchObject({
      ...{ held: 'deletions', exceeds: '40 of 100 files (40%) would be deleted, and 5% are allowed' },
    });
    const before = lossToApprove(plan);
    expect(before).toMatchObject({ files: 40, bytes: 160, commonPath: Buffer.from('b').toString('base64') });
    expect(before.biggest).toHaveLength(10);
    await bed.write({ 'a/2': 'changed too', 'c/new': 'more' });
    expect(lossToApprove(await bed.plan()).hash).toBe(before.hash);
    await rm(join(bed.root, 'a/3'));
    expect(lossToApprove(await bed.plan()).hash).not.toBe(before.hash);
  });

  it('is every overwriting too when too many files changed', async () => {
    const bed = await mirrorBed();
    await bed.write(many('a', 150));
    await bed.sync();
    await bed.released(await bed.plan());
    await bed.write(many('a', 101, 'encrypted by somebody'));
    await bed.write({ 'ransom note': 'pay' });
    const plan = await bed.plan();
    expect(plan).toMatchObject({
      ...{ held: 'losses', exceeds: '101 of 150 files (67.3%) would be changed, and 30% are allowed' },
      ...{ new: [{ files: 1 }, {}, {}], changed: [{ files: 101 }, {}, {}] },
    });
    expect(lossToApprove(plan)).toMatchObject({ files: 101, bytes: 101 });
  });

  it('is all that a changed filter takes away, with what changed in it', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'keep/1': '1', 'drop/1': '1', 'drop/2': '2' });
    await bed.sync();
    await bed.released(await bed.plan());
    const plan = await bed.plan({ exclude: ['drop'] });
    expect(plan).toMatchObject({
      held: 'losses',
      exceeds: 'the filter changed since the last run: now left out: /drop, /drop/**',
    });
    expect(await bed.names()).toEqual({ 'delete-3': ['drop/1', 'drop/2'] });
    await bed.released(plan);
    expect((await bed.plan({ exclude: ['drop'] })).held).toBe('nothing');
    await bed.write({ 'keep/1': 'changed' });
    expect((await bed.plan()).exceeds).toBe(
      'the filter changed since the last run: no longer left out: /drop, /drop/**',
    );
  });

  it('is nothing when a changed filter takes nothing away', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    await bed.sync();
    await bed.released(await bed.plan());
    expect((await bed.plan({ excludePatterns: ['*.tmp'] })).held).toBe('nothing');
  });

  it('is what a remote holds that no run put there', async () => {
    const bed = await mirrorBed();
    await bed.write({ mine: 'mine', other: 'of another' });
    await bed.sync();
    await rm(join(bed.root, 'other'));
    await bed.write({ mine: 'changed' });
    const plan = await bed.plan();
    expect(plan).toMatchObject({
      held: 'losses',
      exceeds: 'the remote holds 2 files that no run of this job put there',
    });
  });
});

describe('names', () => {
  it('of any kind are the same on both sides', async () => {
    const bed = await mirrorBed();
    await bed.write(Object.fromEntries(HOSTILE_NAMES.map((name) => [join('d', name), name])));
    const plan = await bed.plan();
    expect(plan).toMatchObject({ source: { files: HOSTILE_NAMES.length }, omitted: {} });
    await bed.sync();
    await bed.plan();
    expect(await bed.names()).toEqual({});
  });

  it('that are not UTF-8 are counted and left out', async () => {
    const bed = await mirrorBed();
    await bed.write({ good: '' });
    await writeFile(Buffer.concat([Buffer.from(`${bed.root}/bad`), Buffer.from([0xff])]), 'x');
    const plan = await bed.plan();
    expect(await bed.names()).toEqual({ 'new-1': ['good'] });
    expect(plan.omitted).toEqual({ notUtf8: 1 });
  });

  it('of links are those under which rclone stores them, and a file of such a name is left out', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'link.rclonelink': 'a file', 'alone.rclonelink': 'a file', file: '' });
    await symlink('target', join(bed.root, 'link'));
    await symlink('nowhere', join(bed.root, 'dangling'));
    await mkdir(join(bed.root, 'folder.rclonelink'));
    await writeFile(join(bed.root, 'folder.rclonelink/in'), '');
    const plan = await bed.plan();
    expect(await bed.names()).toEqual({
      'new-1': ['dangling.rclonelink', 'file', 'folder.rclonelink/in', 'link.rclonelink'],
    });
    expect(plan).toMatchObject({ omitted: { collisions: 2 }, source: { files: 4, bytes: 13 } });
    await mkdir(bed.copy);
    await writeFile(join(bed.copy, 'alone.rclonelink'), 'from when it was a link');
    await bed.plan();
    expect(await bed.names()).toMatchObject({ 'new-1': { length: 4 } });
    expect(Object.keys(await bed.names())).toEqual(['new-1']);
  });
});
