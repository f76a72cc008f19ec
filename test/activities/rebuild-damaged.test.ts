import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rebuildReport } from '../../src/domain/rebuild-run.js';
import { damage, damageFolder, packsIn } from '../support/damaged-repository.js';
import type { RebuildChild } from '../support/rebuild-child.js';
import { rebuildSteps } from '../support/rebuild-steps.js';
import { type RebuildEstate, makeRebuildEstate } from '../support/rebuild-estate.js';

const CHILD = join(import.meta.dirname, '../../dist/test/support/rebuild-child.js');
const ASKED = { estate: 'testbed', volume: 'flux' };

let bed: RebuildEstate;
beforeEach(async () => {
  bed = await makeRebuildEstate();
  await project('whole', 'kept', 'whole');
});
afterEach(() => bed.remove());

const rebuild = async (runId?: string) => (await rebuildSteps(bed)).rebuild(ASKED, runId);
const plan = async () => (await rebuildSteps(bed)).plan(ASKED);

async function project(name: string, file: string, content: string | Buffer): Promise<void> {
  const folder = join(bed.flux, 'active', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), content);
  for (const path of [join(folder, file), folder]) await utimes(path, new Date(0), new Date(0));
}

const here = (...names: string[]): Promise<string[]> => readdir(join(bed.flux, ...names));

describe('a rebuild of a snapshot of which a pack is damaged', () => {
  it('brings back all that can be read, names the rest, and tries it again', async () => {
    await bed.backup();
    const before = new Set(await packsIn(bed));
    await project('spoilt', 'data', randomBytes(400_000));
    await project('spoilt', 'small', 'small');
    await bed.backup();
    const live = await bed.live();
    const [pack = ''] = (await packsIn(bed)).filter((one) => !before.has(one));
    const { mend } = await damage(pack, 1000);
    await bed.lose();
    const result = await rebuild();
    expect(result).toMatchObject({
      parts: {
        ...{ count: 2, done: 1 },
        failed: [
          {
            ...{ path: 'active/spoilt', type: 'FilesUnreadable' },
            message: expect.stringContaining('active/spoilt/data') as string,
          },
        ],
      },
      ...{ restored: { files: 2 }, verified: { files: 2 } },
      unrestored: { count: 1, first: [{ path: 'active/spoilt/data' }] },
    });
    expect(await readFile(result.unrestored?.report ?? '', 'utf8')).toContain('active/spoilt/data');
    expect(rebuildReport(result)).toMatchObject({
      outcome: 'partial',
      error: {
        type: 'FilesUnreadable',
        message: expect.stringContaining('could not be brought back from local') as string,
        hint: expect.stringContaining('`fts rebuild flux`') as string,
      },
    });
    expect(await here('active', 'spoilt')).toEqual(['small']);
    expect(await bed.staged()).toEqual([]);

    expect(await rebuild('run-2')).toMatchObject({ parts: { done: 1 }, unrestored: { count: 1 } });
    await mend();
    expect(await plan()).toMatchObject({
      resumes: true,
      parts: { done: 1, first: [{ path: 'active/spoilt' }] },
    });
    const whole = await rebuild('run-3');
    expect(whole).toMatchObject({ parts: { count: 2, done: 2, failed: [] }, verified: { files: 3 } });
    expect(whole.unrestored).toBeUndefined();
    expect(whole.source.notes ?? []).not.toContainEqual(expect.stringContaining('cannot be read'));
    const folder = `/${Buffer.from('active').toString('hex')}/${Buffer.from('spoilt').toString('hex')}`;
    const { [folder]: _, ...others } = live; // it was there already, and keeps its time
    expect(await bed.live()).toMatchObject(others);
  });

  it('names each part of which nothing can be read, however many they are', async () => {
    await bed.backup();
    const before = new Set(await packsIn(bed));
    for (let nth = 0; nth < 25; nth += 1) await project(`lost-${String(nth)}`, 'data', randomBytes(20_000));
    await bed.backup();
    for (const pack of (await packsIn(bed)).filter((one) => !before.has(one))) await damage(pack);
    await rm(join(bed.flux, 'active', 'whole'), { recursive: true });
    await bed.lose();
    const result = await rebuild();
    expect(result).toMatchObject({ parts: { count: 26, done: 1 }, unrestored: { count: 25 } });
    expect(
      await readFile(result.report, 'utf8').then((text) => text.split('"FilesUnreadable"')),
    ).toHaveLength(26);
    expect(await here('active', 'whole')).toEqual(['kept']);
    expect(rebuildReport(result).outcome).toBe('partial');
  });
});

describe('a rebuild of a snapshot of which the list of a folder is damaged', () => {
  it('brings back what lies elsewhere in the part, and the rest when it can be read again', async () => {
    await project('thesis', 'notes', 'notes');
    await project('thesis/broken', 'fine', 'fine');
    const snapshot = await bed.backup();
    const live = await bed.live();
    const { mend } = await damageFolder(bed, {
      ...{ snapshot, name: 'broken' },
      parent: join(bed.flux, 'active', 'thesis'),
    });
    await bed.lose();
    expect(await plan()).toMatchObject({
      parts: { count: 2 },
      source: { notes: [expect.stringContaining('cannot be read') as string] },
    });
    const result = await rebuild();
    expect(result).toMatchObject({
      parts: { count: 2, done: 1, failed: [{ path: 'active/thesis', type: 'FilesUnreadable' }] },
      ...{ restored: { files: 2 }, unrestored: { count: 1, first: [{ path: 'active/thesis/broken' }] } },
    });
    expect(rebuildReport(result)).toMatchObject({ outcome: 'partial', error: { type: 'FilesUnreadable' } });
    expect(await here('active', 'thesis')).toEqual(['notes']);

    expect(await rebuild('run-2')).toMatchObject({ parts: { done: 1 }, unrestored: { count: 1 } });
    await mend();
    const whole = await rebuild('run-3');
    expect(whole).toMatchObject({ parts: { count: 2, done: 2, failed: [] }, verified: { files: 3 } });
    expect(whole.source.notes ?? []).not.toContainEqual(expect.stringContaining('cannot be read'));
    expect(Object.keys(await bed.live())).toEqual(Object.keys(live));
    expect(await bed.staged()).toEqual([]);
    expect((await readdir(bed.state.path('rebuilds'))).filter((name) => name.includes('parts'))).toHaveLength(
      1,
    );
  });

  it.each([
    ['rebuild-parts', 'run-3'],
    ['rebuild-resumed', 'run-2'],
  ] as const)('goes on after it was killed at "%s" when it listed the snapshot again', async (step, next) => {
    await project('thesis', 'notes', 'notes');
    await project('thesis/broken', 'fine', 'fine');
    const snapshot = await bed.backup();
    const parent = join(bed.flux, 'active', 'thesis');
    const { mend } = await damageFolder(bed, { snapshot, parent, name: 'broken' });
    await bed.lose();
    expect(await rebuild()).toMatchObject({ parts: { count: 2, done: 1 } });
    await mend();
    const told: RebuildChild = {
      ...{ file: bed.file, state: dirname(bed.state.path()), request: ASKED, run: 'run-2' },
      die: { step, time: 1 },
    };
    const { signal } = await execa(process.execPath, [CHILD, JSON.stringify(told)], { reject: false });
    expect(signal).toBe('SIGKILL');
    expect(await rebuild(next)).toMatchObject({
      ...{ parts: { count: 2, done: 2, failed: [] }, verified: { files: 3 } },
    });
  });

  it('names a project of which nothing can be listed', async () => {
    await project('thesis', 'notes', 'notes');
    const snapshot = await bed.backup();
    const { mend } = await damageFolder(bed, { snapshot, parent: join(bed.flux, 'active'), name: 'thesis' });
    await bed.lose();
    expect(await rebuild()).toMatchObject({
      parts: { count: 2, done: 1, failed: [{ path: 'active/thesis', type: 'FilesUnreadable' }] },
    });
    await mend();
    expect(await rebuild('run-2')).toMatchObject({ parts: { count: 2, done: 2 }, verified: { files: 2 } });
  });

  it('names the folder of projects itself, and brings its projects back when it can be read again', async () => {
    await mkdir(join(bed.flux, 'models'));
    await writeFile(join(bed.flux, 'models', 'weights'), 'weights');
    await mkdir(join(bed.flux, 'nothing'));
    const snapshot = await bed.backup();
    const live = await bed.live();
    const { mend } = await damageFolder(bed, { snapshot, parent: bed.flux, name: 'active' });
    await bed.lose();
    const result = await rebuild();
    expect(result).toMatchObject({
      parts: { count: 3, done: 2, failed: [{ path: 'active', type: 'FilesUnreadable' }] },
      ...{ restored: { files: 1 }, unrestored: { count: 1, first: [{ path: 'active' }] } },
    });
    await mend();
    expect(await rebuild('run-2')).toMatchObject({
      parts: { count: 3, done: 3, failed: [] },
      ...{ restored: { files: 2 }, verified: { files: 2 } },
    });
    expect(await bed.live()).toEqual(live);
  });

  it('fails if nothing can be read, and has written nothing', async () => {
    await damageFolder(bed, { snapshot: await bed.backup(), parent: '/', name: '' });
    await bed.lose();
    await expect(rebuild()).rejects.toMatchObject({ type: 'RepositoryDamaged', nonRetryable: true });
    expect((await here()).filter((name) => !name.startsWith('.fts'))).toEqual([]);
  });
});
