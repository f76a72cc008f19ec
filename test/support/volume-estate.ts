import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVolumeGuard, type VolumeGuard } from '../../src/adapters/volume/guard.js';
import { provisionVolume, type ProvisionStep } from '../../src/adapters/volume/provision.js';
import { State } from '../../src/adapters/state.js';
import type { ProvisionResult } from '../../src/domain/provision.js';
import { type LoadedEstate, loadEstate } from '../../src/estate/load.js';

/** A folder of its own with an estate of one volume, `flux`, and the state of a host. */
export interface VolumeEstate {
  folder: string;
  mountpoint: string;
  sentinel: string;
  state: State;
  loaded: LoadedEstate;
  guard: VolumeGuard;
  provision(onStep?: (step: ProvisionStep) => void): Promise<ProvisionResult>;
  /** The sentinel's content. */
  readSentinel(): Promise<Record<string, unknown>>;
  /** All that is in the folder, with all that `lstat` says of it but the time of access. */
  everything(): Promise<Map<string, unknown>>;
  remove(): Promise<void>;
}

export interface VolumeEstateOptions {
  /** What the estate says of the volume beside its host and mountpoint. */
  volume?: Record<string, unknown>;
  deadlineMs?: number;
}

export async function makeVolumeEstate({
  volume = {},
  deadlineMs,
}: VolumeEstateOptions = {}): Promise<VolumeEstate> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-volume-'));
  const mountpoint = join(folder, 'flux');
  const file = join(folder, 'estate.yaml');
  const estate = {
    estate: 'testbed',
    timezone: 'Etc/UTC',
    hosts: { here: { platform: 'linux' } },
    volumes: { flux: { host: 'here', mountpoint, filesystem: 'directory', ...volume } },
  };
  await writeFile(file, JSON.stringify(estate));
  const loaded = await loadEstate(file);
  const state = new State(join(folder, 'state'), 'testbed');
  const deadline = deadlineMs === undefined ? {} : { deadlineMs };
  const sentinel = join(mountpoint, '.fts-volume');
  return {
    folder,
    mountpoint,
    sentinel,
    state,
    loaded,
    guard: createVolumeGuard({ state, loaded, retryDelaysMs: [], ...deadline }),
    provision: (onStep) => provisionVolume({ state, loaded, volume: 'flux', ...(onStep && { onStep }) }),
    readSentinel: async () => JSON.parse(await readFile(sentinel, 'utf8')) as Record<string, unknown>,
    everything: async () => {
      const names = ['.', ...(await readdir(folder, { recursive: true }))].sort();
      const entries = names.map(async (name) => {
        const { atimeNs: _, atimeMs: __, ...rest } = await lstat(join(folder, name), { bigint: true });
        return [name, { ...rest, atime: undefined }] as const;
      });
      return new Map(await Promise.all(entries));
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
