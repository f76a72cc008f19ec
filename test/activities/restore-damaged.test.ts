import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { restoreShortfall } from '../../src/domain/restore.js';
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
  const old = new Set(await packs());
  const broken = join(bed.thesis, 'broken');
  await mkdir(broken);
  await writeFile(join(broken, 'big'), randomBytes(400_000));
  await link(join(broken, 'big'), join(bed.thesis, 'same'));
  await bed.backup();
  const [found = ''] = (await packs()).filter((one) => !old.has(one));
  pack = found;
  await writeFile(join(broken, 'fine'), 'fine');
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', broken]);
  snapshot = await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

/** Files of more than a few kilobytes in the repository: packs of data. */
async function packs(): Promise<string[]> {
  const { stdout } = await execa('find', [join(bed.repository, 'data'), '-type', 'f', '-size', '+100k']);
  return stdout.split('\n').filter(Boolean);
}

/** Has a file of the repository be without these bytes, or at all, until the test ends. */
async function damage(file: string, offset?: number): Promise<void> {
  const whole = await readFile(file);
  await chmod(file, 0o600);
  onTestFinished(() => writeFile(file, whole));
  if (offset === undefined) return rm(file);
  const handle = await open(file, 'r+');
  await handle.write('XXXX', offset);
  await handle.close();
}

const DAMAGES: [string, () => Promise<void>][] = [
  ['is not what was stored', () => damage(pack, 1000)],
  ['is gone', () => damage(pack)],
];
const LOST = ['active/thesis/broken/big', 'active/thesis/same'];

describe.each(DAMAGES)('a restore of a snapshot of which a pack %s', (_, strike) => {
  beforeEach(strike);

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

const Tree = z.object({ nodes: z.array(z.object({ name: z.string(), subtree: z.string().optional() })) });
const Index = z.object({
  packs: z.array(
    z.object({ id: z.string(), blobs: z.array(z.object({ id: z.string(), offset: z.number() })) }),
  ),
});

/** Where in the repository the list of a folder's entries lies. */
async function blobOfFolder(parent: string, name: string): Promise<{ file: string; offset: number }> {
  const tree = Tree.parse(JSON.parse(await bed.restic('cat', 'tree', `${snapshot}:${parent}`)));
  const id = tree.nodes.find((node) => node.name === name)?.subtree;
  for (const index of (await bed.restic('list', 'index')).split('\n')) {
    for (const { id: packId, blobs } of Index.parse(JSON.parse(await bed.restic('cat', 'index', index)))
      .packs) {
      const blob = blobs.find((one) => one.id === id);
      if (blob)
        return { file: join(bed.repository, 'data', packId.slice(0, 2), packId), offset: blob.offset };
    }
  }
  throw new Error(`no tree of ${name}`);
}

describe('a restore of a snapshot of which the list of a folder is damaged', () => {
  beforeEach(async () => {
    const { file, offset } = await blobOfFolder(bed.thesis, 'broken');
    await damage(file, offset + 20);
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(await bed.restic('cat', 'config')));
    const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
    await rm(join(process.env.RESTIC_CACHE_DIR ?? join(caches, 'restic'), id), { recursive: true });
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
