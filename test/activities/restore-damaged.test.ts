import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { restoreShortfall } from '../../src/domain/restore.js';
import { damage, damageFolder, packsIn } from '../support/damaged-repository.js';
import type { RestoreChild } from '../support/restore-child.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const CHILD = join(import.meta.dirname, '../../dist/test/support/restore-child.js');

let bed: RestoreEstate;
/** Pack with the content of `broken/big`, and of nothing else. */
let pack: string;
let snapshot: string;

beforeAll(async () => {
  bed = await makeRestoreEstate();
  await bed.backup();
  const old = new Set(await packsIn(bed));
  const broken = join(bed.thesis, 'broken');
  await mkdir(broken);
  await writeFile(join(broken, 'big'), randomBytes(400_000));
  await link(join(broken, 'big'), join(bed.thesis, 'same'));
  await bed.backup();
  const [found = ''] = (await packsIn(bed)).filter((one) => !old.has(one));
  pack = found;
  await writeFile(join(broken, 'fine'), 'fine');
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', broken]);
  snapshot = await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

const DAMAGES: [string, () => Promise<unknown>][] = [
  ['is not what was stored', () => damage(pack, 1000)],
  ['is gone', () => damage(pack)],
];
const LOST = ['active/thesis/broken/big', 'active/thesis/same'];

describe.each(DAMAGES)('a restore of a snapshot of which a pack %s', (_, strike) => {
  beforeEach(async () => {
    await strike();
  });

  it('brings back beside all that can be read, and names the rest', async () => {
    const before = await treeOf(bed.thesis);
    const result = await bed.restore();
    expect(result).toMatchObject({
      ...{ restored: { files: 3 }, verified: { files: 3 } },
      unrestored: { count: 2 },
    });
    expect(result.unrestored?.first.map(({ path }) => path).sort()).toEqual(LOST);
    const report = await readFile(result.unrestored?.report ?? '', 'utf8');
    expect(report.trim().split('\n')).toHaveLength(2);
    expect(restoreShortfall(result)).toMatchObject({ type: 'FilesUnreadable' });
    const after = await treeOf(result.target);
    const hex = (path: string): string => Buffer.from(path).toString('hex');
    const lost = [`/${hex('same')}`, `/${hex('broken')}/${hex('big')}`];
    expect(Object.keys(after).sort()).toEqual(
      Object.keys(before)
        .filter((path) => !lost.includes(path))
        .sort(),
    );
    for (const [path, told] of Object.entries(after)) expect(told, path).toBe(before[path]);
    expect(await bed.staged()).toEqual([]);
  });

  it('in place leaves what is there where nothing can be had, and restores all else', async () => {
    await writeFile(join(bed.thesis, 'broken', 'big'), 'mine');
    await rm(join(bed.thesis, 'broken', 'fine'));
    const result = await bed.restore({ target: { kind: 'in-place', conflict: 'replace' } });
    expect(result).toMatchObject({
      ...{ restored: { files: 1, bytes: 4 }, conflicts: { count: 0 }, replaced: { files: 0 } },
      unrestored: { count: 2 },
    });
    expect(await readFile(join(bed.thesis, 'broken', 'big'), 'utf8')).toBe('mine');
    expect(await readFile(join(bed.thesis, 'broken', 'fine'), 'utf8')).toBe('fine');
  });

  it.each(['fetched-in-part', 'fetched'] as const)('goes on after it was killed at "%s"', async (step) => {
    const request = bed.requestOf();
    const told: RestoreChild = {
      ...{ file: bed.file, state: dirname(bed.state.path()), request },
      die: { step, time: 1 },
    };
    const { signal } = await execa(process.execPath, [CHILD, JSON.stringify(told)], { reject: false });
    expect(signal).toBe('SIGKILL');
    const result = await bed.restore(request);
    expect(result).toMatchObject({ restored: { files: 3 }, unrestored: { count: 2 } });
    expect((await readdir(join(result.target, 'broken'))).sort()).toEqual(['fine']);
  });

  it('fails if nothing that is asked for can be read', async () => {
    const live = await bed.live();
    await expect(bed.restore({ paths: ['flux/active/thesis/broken/big'] })).rejects.toMatchObject({
      type: 'RepositoryDamaged',
      nonRetryable: true,
    });
    expect(await bed.live()).toEqual(live);
  });
});

describe('a restore of a snapshot of which the list of a folder is damaged', () => {
  beforeEach(async () => {
    await damageFolder(bed, { snapshot, parent: bed.thesis, name: 'broken' });
  });

  it('brings back what lies elsewhere', async () => {
    const result = await bed.restore();
    expect(result).toMatchObject({
      restored: { files: 3 },
      unrestored: { count: 1, first: [{ path: 'active/thesis/broken' }] },
    });
    expect(result.source.notes).toContainEqual(expect.stringContaining('cannot be read'));
    expect((await readdir(result.target)).sort()).toEqual(['deep', 'notes', 'same']);
  });

  it('is complete for a folder that is whole', async () => {
    const result = await bed.restore({ paths: ['flux/active/thesis/deep'] });
    expect(result.restored.files).toBe(1);
    expect(result.unrestored).toBeUndefined();
  });

  it('of the folder itself says that it cannot be read, not that it was not there', async () => {
    await expect(bed.restore({ paths: ['flux/active/thesis/broken/fine'] })).rejects.toMatchObject({
      type: 'RepositoryDamaged',
    });
  });

  it('can be looked at', async () => {
    expect(await bed.plan()).toMatchObject({ restored: { files: 3 } });
    await stat(bed.thesis);
  });
});
