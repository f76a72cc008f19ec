import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type LoadedEstate, loadEstate } from '../../src/estate/load.js';

/** Jobs by name; each a snapshot of `flux` to `local` unless said otherwise. */
export type Jobs = Record<string, Record<string, unknown>>;

/** An estate file in a folder of its own. Nothing in it is provisioned: it is for what never touches a disk. */
export interface ScheduleEstate {
  folder: string;
  file: string;
  /** Writes the file anew with these jobs, and loads it. */
  declare(jobs: Jobs, more?: Record<string, unknown>): Promise<LoadedEstate>;
  remove(): Promise<void>;
}

export async function makeScheduleEstate(name: string): Promise<ScheduleEstate> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-schedules-'));
  const file = join(folder, 'estate.yaml');
  const base = {
    estate: name,
    timezone: 'America/New_York',
    hosts: { here: { platform: 'linux' }, elsewhere: { platform: 'macos' } },
    volumes: {
      flux: { host: 'here', mountpoint: 'flux', filesystem: 'directory' },
      space: { host: 'here', mountpoint: 'space', filesystem: 'directory' },
    },
    repositories: {
      local: { host: 'here', volume: 'space', path: 'repository', password: 'restic-password' },
    },
    secrets: { provider: 'environment' },
  };
  const snapshot = { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 3 } };
  return {
    folder,
    file,
    declare: async (jobs, more = {}) => {
      const complete = Object.entries(jobs).map(([job, keys]) => [
        job,
        'kind' in keys ? keys : { ...snapshot, ...keys },
      ]);
      await writeFile(file, stringify({ ...base, ...more, jobs: Object.fromEntries(complete) as unknown }));
      return loadEstate(file);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
