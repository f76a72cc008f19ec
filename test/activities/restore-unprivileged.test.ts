import { chown, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreRequest, RestoreResult } from '../../src/domain/restore.js';
import type { RestoreChild } from '../support/restore-child.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const CHILD = join(import.meta.dirname, '../../dist/test/support/restore-child.js');
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

let bed: RestoreEstate;
let home: string;

beforeAll(async () => {
  if (!isRoot) return;
  bed = await makeRestoreEstate();
  const { thesis } = bed;
  for (const name of ['closed', 'readonly']) {
    await mkdir(join(thesis, name, 'inner'), { recursive: true });
    await writeFile(join(thesis, name, 'inner', 'file'), name);
  }
  for (const name of ['shut', 'setuid', 'others']) await writeFile(join(thesis, name), name);
  await execa('mknod', [join(thesis, 'null'), 'c', '1', '3']);
  await execa('chmod', [
    '0000',
    join(thesis, 'shut'),
    join(thesis, 'closed', 'inner'),
    join(thesis, 'closed'),
  ]);
  await execa('chmod', ['0555', join(thesis, 'readonly', 'inner'), join(thesis, 'readonly')]);
  await execa('chmod', ['4755', join(thesis, 'setuid')]);
  await chown(join(thesis, 'others'), 1234, 2345);
  await bed.backup();
  await bed.remember();
  home = await mkdtemp('/tmp/fts-nobody-');
});
beforeEach(async () => {
  if (!isRoot) return;
  await bed.reset();
  await execa('chown', ['-R', '-h', `${String(NOBODY)}:${String(NOBODY)}`, bed.folder, home]);
});
afterAll(async () => {
  if (!isRoot) return;
  await bed.remove();
  await rm(home, { recursive: true });
});

/** Restores as nobody does. */
async function restoreAsNobody(request: RestoreRequest): Promise<RestoreResult> {
  const told: RestoreChild = { file: bed.file, state: dirname(bed.state.path()), request };
  const { stdout } = await execa(
    'setpriv',
    [
      ...[`--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups'],
      ...[process.execPath, CHILD, JSON.stringify(told)],
    ],
    { env: { HOME: home } },
  );
  return JSON.parse(stdout) as RestoreResult;
}

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);

describe.skipIf(!isRoot)('a restore by a worker that is not root', () => {
  const expectAll = async (target: string): Promise<void> => {
    for (const path of [
      'closed/inner/file',
      'readonly/inner/file',
      'shut',
      'setuid',
      'others',
      'deep/er/data',
    ])
      expect(await readFile(join(target, path)), path).toEqual(
        await readFile(join(bed.folder, 'original', 'active', 'thesis', path)),
      );
    for (const [path, mode] of [
      ...[
        ['closed', '0'],
        ['closed/inner', '0'],
        ['readonly', '555'],
        ['readonly/inner', '555'],
        ['shut', '0'],
      ],
    ])
      expect(await modeOf(join(target, path ?? '')), path).toBe(mode);
    expect((await stat(join(target, 'closed'))).mtimeMs).toBe(
      (await stat(join(bed.folder, 'original', 'active', 'thesis', 'closed'))).mtimeMs,
    );
  };

  it('beside brings back all but devices, whatever the modes are', async () => {
    const result = await restoreAsNobody(bed.requestOf());
    expect(result.unrestored).toMatchObject({ count: 1, first: [{ path: 'active/thesis/null' }] });
    await expectAll(result.target);
    expect(await bed.staged()).toEqual([]);
  });

  it('in place brings back folders that are gone, and keeps what is there', async () => {
    await rm(join(bed.thesis, 'closed'), { recursive: true });
    await rm(join(bed.thesis, 'readonly'), { recursive: true });
    await rm(join(bed.thesis, 'shut'));
    await writeFile(join(bed.thesis, 'others'), 'of root');
    const result = await restoreAsNobody(
      bed.requestOf({ target: { kind: 'in-place', conflict: 'replace' } }),
    );
    await chown(join(bed.thesis, 'others'), 0, 0);
    await expectAll(bed.thesis);
    const kept = join(result.replaced.keptAt ?? '', 'active', 'thesis');
    expect(await readFile(join(kept, 'others'), 'utf8')).toBe('of root');
    expect(await bed.staged()).toEqual([]);
  });

  it('in place takes a file of somebody else with the same content for equal', async () => {
    await chown(join(bed.thesis, 'notes'), 0, 0);
    const before = await treeOf(join(bed.thesis, 'deep'));
    const result = await restoreAsNobody(
      bed.requestOf({
        paths: ['flux/active/thesis/notes'],
        target: { kind: 'in-place', conflict: 'replace' },
      }),
    );
    expect(result).toMatchObject({ unchanged: { files: 1 }, conflicts: { count: 0 } });
    expect(await treeOf(join(bed.thesis, 'deep'))).toEqual(before);
    expect(await readdir(bed.thesis)).toContain('notes');
  });

  it('replaces a file of somebody else, and keeps it', async () => {
    await writeFile(join(bed.thesis, 'notes'), 'of root');
    await chown(join(bed.thesis, 'notes'), 0, 0);
    const result = await restoreAsNobody(
      bed.requestOf({
        paths: ['flux/active/thesis/notes'],
        target: { kind: 'in-place', conflict: 'replace' },
      }),
    );
    expect(await readFile(join(bed.thesis, 'notes'), 'utf8')).toBe('first thoughts');
    const kept = join(result.replaced.keptAt ?? '', 'active', 'thesis', 'notes');
    expect(await readFile(kept, 'utf8')).toBe('of root');
  });
});
