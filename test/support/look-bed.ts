import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { type FtsExit, answer, fts } from '../cli/fts.js';
import { makeQuickRepository } from './quick-repository.js';

export const PASSWORD = 'canary-77aa21-password';

type Sections = Record<string, Record<string, unknown>>;

/** An estate of this machine whose repositories were made by plain restic, in a folder of its own; no worker, no server. */
export async function lookBed(sections: Sections = {}, secrets: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fts-look-'));
  const flux = join(folder, 'flux');
  const repository = join(folder, 'space', 'local');
  for (const name of ['flux', 'space', 'state', 'cache']) await mkdir(join(folder, name));
  const env = {
    FTS_ESTATE: join(folder, 'estate.yaml'),
    FTS_STATE_DIR: join(folder, 'state'),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const write = (changed: Sections): Promise<void> =>
    writeFile(
      env.FTS_ESTATE,
      stringify({
        estate: 'looked',
        timezone: 'Etc/UTC',
        hosts: { here: { platform: 'linux', hostname: hostname() }, far: { platform: 'linux' } },
        volumes: {
          flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' },
          space: { host: 'here', mountpoint: './space', filesystem: 'directory' },
        },
        repositories: {
          local: { host: 'here', volume: 'space', path: 'local', password: 'password' },
          ...changed.repositories,
        },
        remotes: { ...changed.remotes },
        jobs: { save: save('local'), ...changed.jobs },
        secrets: { provider: 'file', path: 'secrets.yaml' },
      }),
    );
  await write(sections);
  const all = { password: PASSWORD, wrong: 'another password', ...secrets };
  await writeFile(join(folder, 'secrets.yaml'), stringify(all), { mode: 0o600 });
  const run = (...args: string[]): Promise<FtsExit> => fts(args, { env });
  return {
    ...{ folder, flux, repository, env, run },
    /** Writes the estate anew. */
    change: write,
    /** The one JSON object that a command answers. */
    json: async (command: string, ...args: string[]): Promise<Record<string, unknown>> =>
      answer(await run(command, '--json', ...args)),
    /** Makes the repository, as `restic init` would. */
    makeRepository: (): Promise<string> => makeQuickRepository(repository, PASSWORD),
    /** Plain restic, standing in a folder. */
    restic: async (cwd: string, ...args: string[]): Promise<string> =>
      (
        await execa('restic', ['--repo', repository, ...args], {
          cwd,
          env: { RESTIC_PASSWORD: PASSWORD, XDG_CACHE_HOME: env.XDG_CACHE_HOME, TZ: 'UTC' },
        })
      ).stdout,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
export type LookBed = Awaited<ReturnType<typeof lookBed>>;

/** A job that saves flux. */
export const save = (repository: string): Record<string, unknown> => ({
  ...{ kind: 'snapshot', volume: 'flux', repository, keep: { last: 3 } },
});
