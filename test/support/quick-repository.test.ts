import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeQuickRepository } from './quick-repository.js';
import { temporaryFolder } from './temporary-folder.js';

const PASSWORD = 'canary "quoted" pässword';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

const restic = (repository: string, args: readonly string[], password = PASSWORD) =>
  execa('restic', ['--repo', join(folder, repository), '--no-cache', ...args], {
    env: { RESTIC_PASSWORD: password },
    reject: false,
  });

const shapeOf = async (repository: string): Promise<string[]> =>
  (await readdir(join(folder, repository), { recursive: true }))
    .map((name) => name.replace(/[0-9a-f]{64}$/, 'id'))
    .sort();

describe('a repository for tests', () => {
  it('is the one that plain restic makes, with another id each time', async () => {
    const ids = [await makeQuickRepository(join(folder, 'a'), PASSWORD)];
    ids.push(await makeQuickRepository(join(folder, 'b'), PASSWORD));
    expect(new Set(ids).size).toBe(2);
    await restic('plain', ['init']);
    expect(await shapeOf('a')).toEqual(await shapeOf('plain'));
    const configs = await Promise.all(['a', 'plain'].map((name) => restic(name, ['cat', 'config'])));
    const [ours, plain] = configs.map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
    expect(ours).toMatchObject({ id: ids[0], version: plain?.version });
    expect(Object.keys(ours ?? {}).sort()).toEqual(Object.keys(plain ?? {}).sort());
  });

  it('holds what plain restic saves, and gives it back whole', async () => {
    await makeQuickRepository(join(folder, 'a'), PASSWORD);
    await mkdir(join(folder, 'source'));
    await writeFile(join(folder, 'source', 'file'), 'content');
    expect((await restic('a', ['backup', join(folder, 'source')])).exitCode).toBe(0);
    expect((await restic('a', ['check', '--read-data'])).stdout).toContain('no errors were found');
    const { stdout } = await restic('a', ['dump', 'latest', join(folder, 'source', 'file')]);
    expect(stdout).toBe('content');
    expect(await readdir(join(folder, 'a', 'locks'))).toEqual([]);
  });

  it('opens with its password alone', async () => {
    await makeQuickRepository(join(folder, 'a'), PASSWORD);
    expect((await restic('a', ['cat', 'config'], 'another')).exitCode).toBe(12);
  });

  it('is not made where one is', async () => {
    await makeQuickRepository(join(folder, 'a'), PASSWORD);
    const before = await readFile(join(folder, 'a', 'config'));
    await expect(makeQuickRepository(join(folder, 'a'), PASSWORD)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(join(folder, 'a', 'config'))).toEqual(before);
  });
});
