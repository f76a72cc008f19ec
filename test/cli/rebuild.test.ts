import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeJobRecord } from '../../src/adapters/job-records.js';
import { State } from '../../src/adapters/state.js';
import type { RebuildOrder } from '../../src/cli/rebuild-order.js';
import type { VolumeRebuild } from '../../src/domain/rebuild.js';
import { type LookBed, PASSWORD, lookBed } from '../support/look-bed.js';
import { makeQuickRepository } from '../support/quick-repository.js';

let bed: LookBed;

/** A local and a distant repository, an unreachable one, and a mirror; all that saves flux leaves out `scratch`. */
beforeAll(async () => {
  bed = await lookBed();
  const cloud = join(bed.folder, 'cloud');
  const saving = (repository: string, ...exclude: string[]) => ({
    ...{ kind: 'snapshot', volume: 'flux', repository, keep: { last: 3 }, exclude },
  });
  await bed.change({
    repositories: { cloud: { host: 'here', url: cloud, password: 'password' } },
    remotes: { box: { type: 'local', path: join(bed.folder, 'box') } },
    jobs: {
      save: saving('local', 'scratch'),
      carry: saving('cloud', 'scratch', 'models'),
      reflect: { kind: 'mirror', volume: 'space', remote: 'box', exclude: ['tmp'] },
      practise: { kind: 'drill', repository: 'cloud', sample: 5 },
    },
  });
  await writeFile(join(bed.flux, 'thesis.tex'), 'x'.repeat(1000));
  await bed.makeRepository();
  const away = (...args: string[]) =>
    execa('restic', ['--repo', cloud, ...args], {
      env: { RESTIC_PASSWORD: PASSWORD, ...bed.env, TZ: 'UTC' },
    });
  await makeQuickRepository(cloud, PASSWORD);
  const at = (time: string) => ['backup', '--quiet', '--time', time];
  await bed.restic(bed.flux, ...at('2026-11-19 10:00:00'), '.');
  await bed.restic(bed.flux, ...at('2026-11-20 10:00:00'), bed.flux);
  await bed.restic(bed.flux, ...at('2026-11-21 10:00:00'), '--tag', 'partial', bed.flux);
  await away(...at('2026-11-18 10:00:00'), bed.flux);
  const run = {
    workflowId: 'w',
    runId: 'r',
    outcome: 'complete',
    startedAt: '2026-11-21T03:00:00.000Z',
  } as const;
  const record = async (job: string, kind: string, endedAt: string, result: unknown): Promise<void> => {
    const ended = { ...run, endedAt, result };
    await writeJobRecord(new State(bed.env.FTS_STATE_DIR, 'looked'), {
      job,
      kind,
      lastSuccess: ended,
      last: ended,
    });
  };
  await record('reflect', 'mirror', '2026-11-21T04:00:00.000Z', null);
  await record('practise', 'drill', '2026-11-21T05:00:00.000Z', {
    bytesPerSecond: 100,
    compared: { files: 1, bytes: 2 ** 24 },
  });
});
afterAll(() => bed.remove());

const planOf = async (...args: string[]): Promise<VolumeRebuild[]> =>
  (await bed.json('rebuild', '--plan', ...args)).volumes as VolumeRebuild[];

it('says of each repository from when until when it has the volume, and that one on the same disk goes with it', async () => {
  const [flux] = await planOf('flux');
  expect(flux?.repositories).toMatchObject([
    {
      ...{ repository: 'local', volume: 'space', lostToo: true, snapshots: 2 },
      from: expect.stringContaining('2026-11-19T10:00:00') as string,
      until: expect.stringContaining('2026-11-20T10:00:00') as string,
      partialUntil: expect.stringContaining('2026-11-21T10:00:00') as string,
      without: { paths: ['scratch'] },
    },
    {
      repository: 'cloud',
      lostToo: false,
      snapshots: 1,
      bytes: 1000,
      bytesPerSecond: 100,
      restoreSeconds: 10,
    },
  ]);
  expect(flux?.gone).toMatchObject({
    all: false,
    writtenSince: expect.stringContaining('2026-11-18T10:00:00') as string,
    without: { paths: ['scratch', 'models'] },
  });
});

it('says until when a mirror has a volume, and that the repositories on it are in there too', async () => {
  const [, space] = await planOf();
  expect(space).toMatchObject({
    mirrors: [{ remote: 'box', until: '2026-11-21T04:00:00.000Z', without: { paths: ['tmp'] } }],
    holds: ['local'],
    gone: { all: false, writtenSince: '2026-11-21T04:00:00.000Z', repositories: [] },
  });
});

it('tells people in one line a source, and what would be gone', async () => {
  const { stdout, exitCode } = await bed.run('rebuild', '--plan');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^flux on here .*if its drive is lost$/m);
  expect(stdout).toMatch(
    /^ {2}cloud +repository: .*1 snapshot.*back in 10s as last measured; without scratch, models$/m,
  );
  expect(stdout).toMatch(/^ {2}local .*LOST TOO/m);
  expect(stdout).toMatch(/^ {2}gone +what was written since .*scratch, models, which no job saves$/m);
});

it('counts what it cannot look into as not there, says so, and ends with 1', async () => {
  const file = join(bed.folder, 'secrets.yaml');
  await writeFile(file, 'password: another\n');
  const { stdout, exitCode } = await bed.run('rebuild', 'flux', '--plan');
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/cloud +repository: not known, /);
  expect(stdout).toMatch(/gone +all of it: nothing is known to have it/);
  await writeFile(file, `password: ${PASSWORD}\n`);
});

it('says of one volume from what it would come back that is not lost too, and in which order', async () => {
  const [flux] = (await planOf('flux')) as (VolumeRebuild & RebuildOrder)[];
  expect(flux).toMatchObject({
    source: { repository: 'cloud', snapshotId: expect.any(String) as string },
    parts: { count: 1, projects: 0, first: [{ path: 'thesis.tex', files: 1, bytes: 1000 }] },
  });
  const [named] = (await planOf('flux', '--repository', 'local')) as (VolumeRebuild & RebuildOrder)[];
  expect(named?.source).toMatchObject({ repository: 'local' });
  expect((await bed.run('rebuild', 'flux', '--plan')).stdout).toMatch(
    /in this order, 1 part:\n +thesis\.tex: 1 file, 1000 B/,
  );
});

it('says what it can of a volume of which nothing is known to have anything', async () => {
  const file = join(bed.folder, 'secrets.yaml');
  await writeFile(file, 'password: another\n');
  const { exitCode, stdout } = await bed.run('rebuild', 'flux', '--plan', '--json');
  await writeFile(file, `password: ${PASSWORD}\n`);
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ volumes: [{ source: null, parts: null }] });
});

it('refuses a volume that is not declared, all volumes at once, and to begin when nobody can be asked', async () => {
  expect(await bed.run('rebuild', 'flex', '--plan')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('did you mean flux') as string,
  });
  expect((await bed.run('rebuild', '--yes')).exitCode).toBe(2);
  expect(await bed.run('rebuild', 'flux')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--yes') as string,
  });
});
