import { chmod, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

let bed: RestoreEstate;
let before: Record<string, string>;
let snapshotId: string;
beforeAll(async () => {
  bed = await makeRestoreEstate();
  before = await treeOf(bed.thesis);
  await mkdir(join(bed.flux, 'lost+found'));
  snapshotId = await bed.backup();
  await rm(join(bed.flux, 'lost+found'), { recursive: true });
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

const names = (folder: string): Promise<string[]> => readdir(folder).then((all) => all.sort());

describe('a restore beside the original', () => {
  it('is a new folder with all that the snapshot holds, and nothing else changes', async () => {
    await writeFile(join(bed.thesis, 'notes'), 'changed since');
    const live = await treeOf(bed.thesis);
    const result = await bed.restore();
    expect(result).toMatchObject({
      source: { repository: 'local', snapshotId },
      restored: { files: 2, bytes: 5014 },
      verified: { files: 2, bytes: 5014 },
      conflicts: { count: 0 },
      replaced: { files: 0, bytes: 0 },
    });
    expect(result.target).toMatch(/\/flux\/active\/thesis\.restored-\d{4}-\d\d-\d\dT\d{4}$/);
    expect(await treeOf(result.target)).toEqual(before);
    expect(await treeOf(bed.thesis)).toEqual(live);
    expect(await bed.staged()).toEqual([]);
  });

  it('gets another name the second time', async () => {
    const first = await bed.restore();
    const second = await bed.restore();
    expect(second.target).toBe(`${first.target}-2`);
    expect(await treeOf(second.target)).toEqual(before);
  });

  it('of a file is a folder that holds it', async () => {
    const result = await bed.restore({ paths: ['flux/active/thesis/notes'] });
    expect(result.target).toMatch(/thesis\/notes\.restored-[^/]*$/);
    expect(await names(result.target)).toEqual(['notes']);
    expect(await readFile(join(result.target, 'notes'), 'utf8')).toBe('first thoughts');
  });

  it('of the whole volume is a folder at its root, without what the product keeps there', async () => {
    const wanted = await bed.live();
    const result = await bed.restore({ paths: ['flux'] });
    expect(result.target).toMatch(/\/flux\/restored-[^/]*$/);
    expect(await treeOf(result.target)).toEqual(wanted);
  });

  it('of several paths is one of each', async () => {
    const { targets } = await bed.restore({
      paths: ['flux/active/thesis/deep', 'flux/active/thesis/notes', 'flux/active/thesis/deep/er'],
    });
    expect(targets?.map((target) => target.replace(/.*thesis\/(.*)\.restored-.*/, '$1'))).toEqual([
      'deep',
      'notes',
    ]);
  });

  it('of what is gone with its folder is in the nearest folder that is there', async () => {
    await rm(bed.thesis, { recursive: true });
    const { target } = await bed.restore({ paths: ['flux/active/thesis/deep/er/data'] });
    expect(target).toMatch(/flux\/active\/data\.restored-/);
  });
});

describe('a restore to a folder', () => {
  const folder = (name: string) => ({ target: { kind: 'folder', folder: name } as const });

  it('that does not exist makes it, with the folders above it', async () => {
    const { target } = await bed.restore(folder('space/new/place'));
    expect(target).toBe(join(bed.space, 'new', 'place'));
    expect(await treeOf(target)).toEqual(before);
  });

  it('that is empty fills it, by an absolute path too', async () => {
    const place = join(bed.flux, 'empty');
    await mkdir(place);
    expect((await bed.restore(folder(`${place}/`))).target).toBe(place);
    expect(await treeOf(place)).toEqual(before);
  });

  it('that is not empty is refused, and nothing is written', async () => {
    const live = await bed.live();
    await expect(bed.restore(folder('flux/active'))).rejects.toMatchObject({ type: 'DestinationExists' });
    expect(await bed.live()).toEqual(live);
    expect(await bed.staged()).toEqual([]);
  });

  it.each([['/etc/restored'], ['flux/../../etc'], ['flux/.fts/x'], ['space/restic/local/x']])(
    'is refused for %s',
    async (place) => {
      await expect(bed.restore(folder(place))).rejects.toMatchObject({
        type: 'TargetRefused',
        nonRetryable: true,
      });
    },
  );

  it('is refused through a link', async () => {
    await symlink(bed.space, join(bed.flux, 'linked'));
    const space = await names(bed.space);
    await expect(bed.restore(folder('flux/linked/x'))).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await names(bed.space)).toEqual(space);
  });
});

describe('a restore in place', () => {
  const inPlace = (conflict: 'keep' | 'replace' | 'rename') => ({
    target: { kind: 'in-place', conflict } as const,
  });

  beforeEach(async () => {
    await rm(join(bed.thesis, 'deep', 'er', 'data'));
    await writeFile(join(bed.thesis, 'notes'), 'changed since');
    await writeFile(join(bed.thesis, 'mine'), 'only here');
  });

  it('keeps what is there', async () => {
    const result = await bed.restore(inPlace('keep'));
    expect(result).toMatchObject({
      restored: { files: 1, bytes: 5000 },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes', action: 'kept' }] },
      replaced: { files: 0, bytes: 0 },
      target: bed.thesis,
    });
    expect(await readFile(join(bed.thesis, 'notes'), 'utf8')).toBe('changed since');
    expect(await readFile(join(bed.thesis, 'deep', 'er', 'data'), 'utf8')).toHaveLength(5000);
  });

  it('replaces what is there, and keeps it elsewhere', async () => {
    await chmod(join(bed.thesis, 'deep'), 0o700);
    const result = await bed.restore(inPlace('replace'));
    expect(result).toMatchObject({
      restored: { files: 2, bytes: 5014 },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes', action: 'replaced' }] },
      replaced: { files: 1, bytes: 13 },
    });
    const kept = result.replaced.keptAt ?? '';
    expect(await readFile(join(kept, 'active', 'thesis', 'notes'), 'utf8')).toBe('changed since');
    await rm(join(bed.thesis, 'mine'));
    const { conflicts: again } = await bed.plan(inPlace('replace'));
    expect(again.count).toBe(0);
    const after = await treeOf(bed.thesis);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    const folders = Object.keys(before).filter((path) => path.includes(Buffer.from('deep').toString('hex')));
    for (const path of folders) expect(after[path]).toBe(before[path]);
  });

  it('puts what is restored beside what is there', async () => {
    const result = await bed.restore(inPlace('rename'));
    expect(result.conflicts).toMatchObject({ count: 1, first: [{ action: 'renamed' }] });
    const [restored = ''] = (await names(bed.thesis)).filter((name) => name.startsWith('notes.restored-'));
    expect(await readFile(join(bed.thesis, restored), 'utf8')).toBe('first thoughts');
    expect(await readFile(join(bed.thesis, 'notes'), 'utf8')).toBe('changed since');
  });

  it('of the whole volume brings back what is missing anywhere', async () => {
    await rm(join(bed.flux, 'active'), { recursive: true });
    await writeFile(join(bed.flux, 'other'), 'only here');
    const result = await bed.restore({ ...inPlace('replace'), paths: ['flux'] });
    expect(result).toMatchObject({
      target: bed.flux,
      restored: { files: 2, bytes: 5014 },
      conflicts: { count: 0 },
    });
    expect(await treeOf(bed.thesis)).toEqual(before);
    expect(await names(bed.flux)).toEqual(['.fts', '.fts-volume', 'active', 'other']);
  });

  it('changes nothing the second time', async () => {
    await bed.restore(inPlace('replace'));
    const live = await bed.live();
    expect(await bed.restore(inPlace('replace'))).toMatchObject({
      restored: { files: 0, bytes: 0 },
      unchanged: { files: 2, bytes: 5014 },
      conflicts: { count: 0 },
      replaced: { files: 0 },
    });
    expect(await bed.live()).toEqual(live);
  });
});

describe('a look at a restore', () => {
  it('tells what would be, and writes nothing', async () => {
    await writeFile(join(bed.thesis, 'notes'), 'changed since');
    const everything = await treeOf(bed.folder);
    const { source, restored, conflicts, replaced } = await bed.plan({
      target: { kind: 'in-place', conflict: 'replace' },
    });
    expect({ source, restored, conflicts, replaced }).toMatchObject({
      source: { snapshotId },
      restored: { files: 1, bytes: 14 },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes' }] },
      replaced: { files: 1, bytes: 13 },
    });
    expect(await treeOf(bed.folder)).toEqual(everything);
  });
});
