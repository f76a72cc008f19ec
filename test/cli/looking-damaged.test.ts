import { chmod, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LookBed, lookBed } from '../support/look-bed.js';

const TIMEOUT = 240_000;

let bed: LookBed;
beforeEach(async () => {
  bed = await lookBed();
  for (const name of ['a', 'b']) await mkdir(join(bed.flux, name));
  for (const name of ['a/file', 'b/file']) await writeFile(join(bed.flux, name), name);
  await bed.makeRepository();
  await bed.restic(bed.folder, 'backup', '--quiet', bed.flux);
  await writeFile(join(bed.flux, 'a', 'file'), 'changed');
  await bed.restic(bed.folder, 'backup', '--quiet', bed.flux);
}, TIMEOUT);
afterEach(() => bed.remove());

/** As on a machine that never looked there. */
const forget = (): Promise<void> => rm(join(bed.folder, 'cache'), { recursive: true, force: true });

const snapshotIds = async (): Promise<string[]> =>
  (JSON.parse(await bed.restic(bed.folder, 'snapshots', '--json')) as { id: string }[]).map(({ id }) => id);

it(
  'a snapshot whose own file is damaged is not left out without a word',
  async () => {
    const [first = ''] = await snapshotIds();
    const file = join(bed.repository, 'snapshots', first);
    await chmod(file, 0o600);
    await writeFile(file, (await readFile(file)).fill(0, 0, 8));
    await forget();
    const listed = await bed.run('snapshots', '--json');
    expect(listed.exitCode).toBe(1);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      counts: { snapshots: 1 },
      problems: [{ repository: 'local', type: 'RepositoryDamaged' }],
    });
    expect(listed.stderr).toContain(first.slice(0, 8));
    const found = await bed.run('find', 'file', '--json');
    expect(found.exitCode).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({ counts: { matches: 2 }, problems: [{}] });
    const folder = await bed.run('ls', 'flux/a');
    expect(folder).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(first.slice(0, 8)) as string,
    });
  },
  TIMEOUT,
);

it(
  'what is left of a repository that lost an index is found, and that there was more is said',
  async () => {
    const names = await readdir(join(bed.repository, 'index'));
    const sizes = await Promise.all(
      names.map(async (name) => (await readFile(join(bed.repository, 'index', name))).length),
    );
    const largest = names[sizes.indexOf(Math.max(...sizes))] ?? '';
    await rm(join(bed.repository, 'index', largest));
    await forget();
    const found = await bed.run('find', 'file', '--json');
    expect(found.exitCode).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      matches: [{ path: 'flux/a/file' }],
      problems: [{ repository: 'local', type: 'RepositoryDamaged' }],
    });
  },
  TIMEOUT,
);
