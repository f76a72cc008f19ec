import type { State } from '../adapters/state.js';
import type { VolumeState } from '../domain/health.js';
import type { LoadedEstate } from '../estate/load.js';
import { volumesHere } from './hosts-here.js';

/** One volume of `fts status --json`. */
export interface VolumeStatus {
  volume: string;
  host: string;
  state: VolumeState;
  /** As the estate declares it; absolute where the volume could be looked at. */
  mountpoint: string;
  totalBytes: number | null;
  freeBytes: number | null;
}

/** A volume's status beside what only people are told. */
export interface InspectedVolume {
  status: VolumeStatus;
  /** The volume is on this machine. */
  here: boolean;
  found: string;
  hint?: string | undefined;
}

/**
 * Looks at the volumes of this machine, without writing. Of those elsewhere nothing is known. `onUnderWay` is told when
 * nothing is left to do but to wait for the programs that look.
 */
export async function inspectVolumes(
  loaded: LoadedEstate,
  state: State,
  onUnderWay?: () => void,
): Promise<InspectedVolume[]> {
  const { createVolumeGuard } = await import('../adapters/volume-guard.js');
  const guard = createVolumeGuard({ state, loaded });
  const here = await volumesHere(loaded, state);
  const toStart = new Set(here);
  const started = (volume: string): void => {
    toStart.delete(volume);
    if (toStart.size === 0) onUnderWay?.();
  };
  const inspections = Object.entries(loaded.estate.volumes).map(async ([volume, { host, mountpoint }]) => {
    if (!here.has(volume)) {
      const status = {
        volume,
        host,
        state: 'unknown',
        mountpoint,
        totalBytes: null,
        freeBytes: null,
      } as const;
      return {
        status,
        here: false,
        found: `it can be looked at on ${host} only`,
        hint: `run \`fts status\` on ${host}`,
      };
    }
    const onProbe = (): void => {
      started(volume);
    };
    const condition = await guard.inspect(volume, { write: false, onProbe }).finally(onProbe);
    const { totalBytes = null, freeBytes = null, found, hint } = condition;
    const status = {
      volume,
      host,
      state: condition.state,
      mountpoint: condition.mountpoint,
      totalBytes,
      freeBytes,
    };
    return { status, here: true, found, hint };
  });
  return Promise.all(inspections);
}
