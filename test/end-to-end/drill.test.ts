import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { type RunningEstate, startEstate } from '../support/running-estate.js';

let estate: RunningEstate;
beforeAll(async () => {
  estate = await startEstate();
  await rm(estate.repository, { recursive: true });
  const file = join(estate.folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as { jobs: object };
  const jobs = { ...declared.jobs, drill: { kind: 'drill', repository: 'local', sample: 3 } };
  await writeFile(file, stringify({ ...declared, jobs }));
});
afterAll(() => estate.remove());

it('a drill is run, told and remembered like any other job', async () => {
  expect(await estate.run('drill')).toMatchObject({
    outcome: 'failed',
    error: { type: 'RepositoryMissing' },
  });

  for (const project of ['one', 'two']) {
    await mkdir(join(estate.flux, project));
    await writeFile(join(estate.flux, project, 'a'), randomBytes(4096));
  }
  const { result: saved } = (await estate.run('save')) as { result: { snapshotId: string } };
  expect(await estate.run('drill')).toMatchObject({
    ...{ kind: 'drill', outcome: 'complete' },
    result: {
      snapshotId: saved.snapshotId,
      snapshotAge: expect.any(Number) as number,
      compared: { files: 2, bytes: 8192 },
      ...{ mismatches: 0, notComparable: 0, negativeControl: 'caught' },
      coverage: { projects: 2, drilled: 2, cycleDays: 90 },
    },
  });

  const told = await estate.fts('run', 'drill');
  expect(told.exitCode).toBe(0);
  expect(told.stdout).toContain('2 files restored and compared, 8.0 KiB');
  expect(told.stdout).toContain('a copy that was altered on purpose was noticed');
  const status = await estate.fts('status');
  expect(status.stdout).toMatch(/drill +ok .*2 files compared, 8\.0 KiB/);

  const packs = join(estate.repository, 'data');
  const names = await readdir(packs, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of names.filter((one) => one.isFile())) {
    const path = join(parentPath, name);
    if ((await stat(path)).size < 8192) continue;
    await chmod(path, 0o600);
    const content = await readFile(path);
    for (let place = 100; place < 8192; place += 1000) content[place] = (content[place] ?? 0) ^ 1;
    await writeFile(path, content);
  }
  const failed = await estate.fts('run', 'drill', '--json');
  expect(failed.exitCode).toBe(1);
  expect(answer(failed)).toMatchObject({
    ...{ outcome: 'failed', error: { type: 'VerificationFailed' } },
    result: { mismatches: 2, coverage: { drilled: 2 } },
  });
  expect((await estate.fts('status')).stdout).toMatch(/drill +failing .*2 not what was saved/);
});
