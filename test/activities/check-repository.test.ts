import { randomBytes } from 'node:crypto';
import { chmod, open, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  PASSWORD,
  type ResticEstate,
  makeResticEstate,
  save,
  snapshotJob,
} from '../support/restic-estate.js';

const PARTS = 4;
const checkJob = (more: object = {}) => ({
  kind: 'check',
  repository: 'local',
  readData: `1/${String(PARTS)}`,
  ...more,
});

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({ jobs: { check: checkJob() } });
});
afterEach(() => estate.remove());

const check = async () => estate.run(estate.activities.checkPart, await estate.request('check'));

/** Several packs, made by plain restic; restic makes them of 16 MiB and more. */
async function plainRepository(): Promise<void> {
  await estate.makeRepository();
  for (let i = 0; i < 3; i += 1) {
    await writeFile(join(estate.flux, `file-${String(i)}`), randomBytes(256 * 1024));
    await estate.restic('backup', '--tag', 'by-hand', estate.flux);
  }
}

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(estate.repository, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

/** A pack of files' contents; one of trees is read as part of the structure, at every check. */
async function dataPack(): Promise<string> {
  for (const file of await filesIn('data')) if ((await stat(file)).size > 200 * 1024) return file;
  throw new Error('there is no pack of data');
}

/** Changes one byte in the middle of a file. Returns how to change it back. */
async function flip(file: string): Promise<() => Promise<void>> {
  await chmod(file, 0o600);
  const turn = async (): Promise<void> => {
    const handle = await open(file, 'r+');
    try {
      const at = Math.floor((await handle.stat()).size / 2);
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
      await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at);
    } finally {
      await handle.close();
    }
  };
  await turn();
  return turn;
}

/** The part in which restic reads a pack (`n/t`: those whose first byte, divided by t, leaves n - 1). */
const partOf = (pack: string): string => {
  const [id = ''] = pack.split('/').slice(-1);
  return `${String((Number.parseInt(id.slice(0, 2), 16) % PARTS) + 1)}/${String(PARTS)}`;
};

describe('the check of a repository', () => {
  it('made by plain restic reads a part in each run, and all of it in as many as there are', async () => {
    await plainRepository();
    const runs = [];
    for (let i = 0; i < PARTS + 1; i += 1) runs.push(await check());
    expect(runs.map(({ subset }) => subset)).toEqual(['1/4', '2/4', '3/4', '4/4', '1/4']);
    expect(runs.map(({ covered }) => covered.share)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(runs.every(({ errors }) => errors === 0)).toBe(true);
    expect(runs.at(-1)?.covered.sinceDays).toBeLessThan(1);
  });

  it('keeps what was read when the estate asks for other parts, and reads what was not first', async () => {
    await plainRepository();
    await check();
    await estate.change({ jobs: { check: checkJob({ readData: '1/2' }) } });
    expect(await check()).toMatchObject({ subset: '1/2', covered: { share: 0.5 } });
    expect(await check()).toMatchObject({ subset: '2/2', covered: { share: 1 } });
  });

  it('reads a part again that was read by a clock that was ahead', async () => {
    await plainRepository();
    for (let i = 0; i < PARTS; i += 1) await check();
    const file = estate.state.path('checks', 'repository-local.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as { readings: string[] };
    const readings = record.readings.map((at, group) =>
      group % PARTS === 2 ? '2060-01-01T00:00:00.000Z' : at,
    );
    await writeFile(file, JSON.stringify({ ...record, readings }));
    expect(await check()).toMatchObject({ subset: '3/4', covered: { share: 1 } });
    expect(await check()).toMatchObject({ subset: '1/4' });
  });

  it('finds a byte that was changed in a pack, in its part, until it is mended; meanwhile nothing is forgotten', async () => {
    await save(estate);
    for (let i = 0; i < 4; i += 1) {
      await writeFile(join(estate.flux, 'file'), randomBytes(256 * 1024));
      await save(estate);
    }
    const forget = async (snapshotId: string) =>
      estate.run(estate.activities.forgetSnapshots, { ...(await estate.request()), snapshotId });
    const pack = await dataPack();
    const mend = await flip(pack);

    let found = await check();
    while (found.errors === 0 && found.subset !== '4/4') found = await check();
    expect(found).toMatchObject({
      subset: partOf(pack),
      errors: 1,
      failure: { type: 'RepositoryDamaged' },
    });
    expect(found.failure?.hint).toContain(`restic repair packs ${pack.split('/').at(-1) ?? ''}`);
    const newest = await save(estate);
    await expect(forget(newest)).rejects.toMatchObject({ type: 'RepositoryDamaged' });
    await expect(estate.run(estate.activities.pruneRepository, await estate.request())).rejects.toMatchObject(
      { type: 'RepositoryDamaged' },
    );
    await estate.change({ jobs: { check: checkJob({ readData: '1/7' }) } });
    expect(await check()).toMatchObject({ subset: partOf(pack), errors: 1 });

    await mend();
    expect(await check()).toMatchObject({ subset: partOf(pack), errors: 0 });
    expect(await forget(newest)).toEqual({ forgotten: 3 });
  });

  it.each(['index', 'snapshots'])(
    'finds a changed byte in %s at once, whatever restic has cached',
    async (folder) => {
      await plainRepository();
      const [file = ''] = await filesIn(folder);
      await flip(file);
      expect(await check()).toMatchObject({
        subset: '1/4',
        errors: 1,
        failure: { type: 'RepositoryDamaged' },
      });
    },
  );

  it('finds a pack that is gone, and one that is cut', async () => {
    await plainRepository();
    const [pack = ''] = await filesIn('data');
    await rename(pack, join(estate.folder, 'pack'));
    const gone = await check();
    expect(gone.first?.map(({ message }) => message).join()).toContain('does not exist');
    await rename(join(estate.folder, 'pack'), pack);
    expect(await check()).toMatchObject({ subset: '1/4', errors: 0 });

    const [other = ''] = (await filesIn('data')).filter((file) => partOf(file) === '2/4').concat(pack);
    await chmod(other, 0o600);
    const handle = await open(other, 'r+');
    await handle.truncate(100);
    await handle.close();
    expect((await check()).failure).toMatchObject({ type: 'RepositoryDamaged' });
  });

  it('runs beside a writer that holds a lock', async () => {
    await plainRepository();
    const script = `restic --repo '${estate.repository}' backup --stdin --stdin-filename slow`;
    const writer = execa('sh', ['-c', script], { env: { RESTIC_PASSWORD: PASSWORD } });
    try {
      while ((await filesIn('locks')).length === 0) await new Promise(setImmediate);
      expect(await check()).toMatchObject({ errors: 0 });
    } finally {
      writer.stdin.end('end');
      await writer;
    }
  });

  it('of a repository that is not there fails', async () => {
    await expect(check()).rejects.toMatchObject({ type: 'RepositoryMissing' });
  });

  it('of another repository in its place fails, and says so', async () => {
    await save(estate);
    await rename(estate.repository, join(estate.folder, 'other'));
    await estate.makeRepository();
    await expect(check()).rejects.toMatchObject({ type: 'RepositoryReplaced' });
  });

  it('a suspicion is looked into under the lock, and is none when it does not come true', async () => {
    await estate.change({ jobs: { save: snapshotJob(), check: checkJob() } });
    await plainRepository();
    expect(await check()).toMatchObject({ subset: '1/4' });
    const file = 'checks/repository-local.json';
    const { z } = await import('zod');
    const record = await estate.state.read(file, z.looseObject({}));
    const trouble = { at: new Date().toISOString(), subset: { part: 1, of: 4 }, confirmed: false, errors: 1 };
    await estate.state.write(file, { ...record, trouble });
    expect(await check()).toMatchObject({ subset: '1/4', errors: 0 });
    expect(await check()).toMatchObject({ subset: '2/4', errors: 0 });
  });
});
