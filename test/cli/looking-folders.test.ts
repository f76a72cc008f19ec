import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LookBed, PASSWORD, lookBed } from '../support/look-bed.js';
import { makeQuickRepository } from '../support/quick-repository.js';

let bed: LookBed;
/** The whole volume, then one folder of it, both in the repository that a job saves to; and one in another repository. */
let [whole, folder, foreign]: string[] = [];

beforeAll(async () => {
  bed = await lookBed({
    repositories: { other: { host: 'here', volume: 'space', path: 'other', password: 'password' } },
  });
  const thesis = join(bed.flux, 'active', 'thesis');
  await mkdir(thesis, { recursive: true });
  await writeFile(join(thesis, 'notes'), 'first');
  await writeFile(join(bed.flux, 'plan'), 'of the whole');
  await makeQuickRepository(bed.repository, PASSWORD);
  foreign = await backup('2026-11-17 10:00:00', bed.flux);
  await rename(bed.repository, join(bed.folder, 'space', 'other'));
  await bed.makeRepository();
  whole = await backup('2026-11-18 10:00:00', bed.flux);
  await writeFile(join(thesis, 'notes'), 'second one');
  folder = await backup('2026-11-19 10:00:00', thesis);
}, 60_000);
afterAll(() => bed.remove());

async function backup(time: string, path: string): Promise<string> {
  const said = await bed.restic(bed.folder, 'backup', '--json', '--time', time, path);
  return (JSON.parse(said.split('\n').at(-1) ?? '') as { snapshot_id: string }).snapshot_id;
}

describe('a newer snapshot of one folder', () => {
  it('does not stand for what it was not made of', async () => {
    expect(await bed.json('ls', 'flux')).toMatchObject({ snapshot: { id: whole } });
    expect(await bed.json('ls', 'flux/plan')).toMatchObject({ nodes: [{ name: 'plan' }] });
  });

  it('counts for what it was made of', async () => {
    expect(await bed.json('ls', 'flux/active/thesis/notes')).toMatchObject({ snapshot: { id: folder } });
  });

  it('is not what a lost drive would come back from', async () => {
    const { volumes } = await bed.json('rebuild', 'flux', '--plan');
    expect(volumes).toMatchObject([{ repositories: [{ snapshotId: whole, snapshots: 1, only: null }] }]);
  });

  it('says so where it is named', async () => {
    const { exitCode, stderr } = await bed.run('ls', folder ?? '', 'flux');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`made of ${join(bed.flux, 'active', 'thesis')} only`);
  });
});

describe('a snapshot of another repository', () => {
  it.each([
    ['ls', 'flux/plan'],
    ['diff', 'latest', 'flux/active'],
  ])('asked for by its id, says which: %s', async (command, ...rest) => {
    const { exitCode, stderr } = await bed.run(command, foreign ?? '', ...rest);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--repository other');
    const [path] = rest.slice(-1);
    expect((await bed.run('ls', '--repository', 'other', foreign ?? '', path ?? '')).exitCode).toBe(0);
  });

  it('cannot be compared with one of the first, which is said', async () => {
    const { exitCode, stderr } = await bed.run('diff', whole ?? '', foreign ?? '');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/is in local, and \w+ in other/);
  });
});

it('a snapshot has all that restic tells of it, in camel case', async () => {
  const [first] = JSON.parse(await bed.restic(bed.folder, 'snapshots', '--json', whole ?? '')) as [
    { summary: Record<string, unknown> },
  ];
  const camel = (name: string): string =>
    name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
  const { snapshots } = (await bed.json('snapshots', 'local')) as {
    snapshots: { id: string; summary: object }[];
  };
  const told = snapshots.find(({ id }) => id === whole);
  expect(Object.keys(told ?? {})).toEqual(expect.arrayContaining(Object.keys(first).map(camel)));
  expect(Object.keys(told?.summary ?? {}).sort()).toEqual(Object.keys(first.summary).map(camel).sort());
});

it.each(['[', 'flux/active/[a', 'a\\'])('%j is no pattern for fts find', async (pattern) => {
  const { exitCode, stdout, stderr } = await bed.run('find', pattern);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/is no pattern.*\n.*hint/);
});
