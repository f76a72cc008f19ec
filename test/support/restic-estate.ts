import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { State } from '../../src/adapters/state.js';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import type { JobRequest } from '../../src/domain/job.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { loadEstate } from '../../src/estate/load.js';
import { createEstateSource } from '../../src/estate/source.js';
import { createHostActivities } from '../../workers/host-activities.js';
import { makeQuickRepository } from './quick-repository.js';

const silent = new DefaultLogger('ERROR', () => undefined);

export const PASSWORD = 'canary-5f1c8d-password';

/** Jobs by name; `repository` is `local` unless said otherwise. */
type Sections = Record<string, Record<string, unknown>>;

/**
 * A folder with an estate of two `directory` volumes, flux (to be saved) and space (with the repository `local`), both
 * provisioned, and the activities of its host with the real tools behind them.
 */
export async function makeResticEstate(sections: Sections = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fts-restic-'));
  const file = join(folder, 'estate.yaml');
  const secrets = join(folder, 'secrets.yaml');
  await writeFile(secrets, stringify({ password: PASSWORD, wrong: 'another password' }), { mode: 0o600 });
  const write = async (changed: Sections): Promise<void> => {
    const { jobs, repositories, remotes } = changed;
    const declared = {
      estate: 'testbed',
      timezone: 'Etc/UTC',
      hosts: { here: { platform: 'linux' } },
      volumes: {
        flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' },
        space: { host: 'here', mountpoint: './space', filesystem: 'directory' },
      },
      repositories: {
        local: { host: 'here', volume: 'space', path: 'restic/local', password: 'password' },
        ...repositories,
      },
      ...(remotes && { remotes }),
      jobs: { save: snapshotJob(), ...jobs },
      secrets: { provider: 'file', path: 'secrets.yaml' },
    };
    await writeFile(file, stringify(declared));
  };
  await write(sections);

  const state = new State(join(folder, 'state'), 'testbed');
  const loaded = await loadEstate(file);
  for (const volume of ['flux', 'space']) await provisionVolume({ state, loaded, volume });
  const estates = await createEstateSource(file, (error) => {
    throw error;
  });
  const activities = createHostActivities({ host: 'here', estates, state });
  const repository = join(folder, 'space', 'restic', 'local');

  return {
    folder,
    file,
    secrets,
    state,
    activities,
    flux: join(folder, 'flux'),
    space: join(folder, 'space'),
    repository,
    /** Writes the estate anew with other jobs or repositories. */
    change: write,
    request: async (job = 'save'): Promise<JobRequest> => ({
      estate: 'testbed',
      job,
      declaration: declarationOf((await loadEstate(file)).estate, job),
    }),
    /** Runs an activity as Temporal would. */
    run: <A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> =>
      new MockActivityEnvironment({}, { logger: silent }).run(activity, ...args),
    /** Makes the repository, as `restic init` would. */
    makeRepository: (): Promise<string> => makeQuickRepository(repository, PASSWORD),
    /** The repository as its user sees it, with plain restic. */
    restic: async (...args: string[]): Promise<string> =>
      (
        await execa('restic', ['--repo', repository, ...args], {
          env: { RESTIC_PASSWORD: PASSWORD, TZ: 'UTC' },
        })
      ).stdout,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
export type ResticEstate = Awaited<ReturnType<typeof makeResticEstate>>;

/** Gives an estate the repository of another one, seen before, and returns the ids of its snapshots, oldest first. */
export async function takeRepository(estate: ResticEstate, from: ResticEstate): Promise<string[]> {
  await cp(from.repository, estate.repository, { recursive: true });
  const record = await readFile(from.state.path('repositories/local.json'), 'utf8');
  await estate.state.write('repositories/local.json', JSON.parse(record) as object);
  const snapshots = JSON.parse(await estate.restic('snapshots', '--json')) as { id: string }[];
  return snapshots.map(({ id }) => id);
}

/** A job that saves flux to the repository `local`. */
export const snapshotJob = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind: 'snapshot',
  volume: 'flux',
  repository: 'local',
  keep: { last: 3 },
  ...more,
});

/** Takes a snapshot, and returns its id. If `local` is not there yet, it is as if plain restic had just made it. */
export const save = (estate: ResticEstate, job = 'save'): Promise<string> =>
  snapshot(estate, job, () => estate.makeRepository());

/** The steps of a job's first run, which makes its repository itself; the id of its snapshot. */
export const firstRun = (estate: ResticEstate, job = 'save'): Promise<string> =>
  snapshot(estate, job, (request) => estate.run(estate.activities.createRepository, request));

async function snapshot(
  estate: ResticEstate,
  job: string,
  make: (request: JobRequest) => Promise<unknown>,
): Promise<string> {
  const { takeSnapshot } = estate.activities;
  const request = await estate.request(job);
  let taken = await estate.run(takeSnapshot, request);
  if (taken.repository === 'absent') {
    await make(request);
    taken = await estate.run(takeSnapshot, request);
  }
  if (taken.repository !== 'present')
    throw new Error(`the repository that was just made is ${taken.repository}`);
  return taken.snapshotId;
}
