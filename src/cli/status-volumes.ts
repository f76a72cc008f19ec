import { setTimeout as sleep } from 'node:timers/promises';
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
 * A look waits so long for the one before it, whose program then looks at this volume too: starting one takes much longer
 * than a look, and a disk that does not answer keeps the others waiting no longer than that (milliseconds).
 */
const TURN_MS = 250;

/**
 * Looks at the volumes of this machine, without writing. Of those elsewhere nothing is known. `onUnderWay` is told when
 * nothing is left to do but to wait for the program that looks.
 */
export async function inspectVolumes(
  loaded: LoadedEstate,
  state: State,
  onUnderWay?: () => void,
): Promise<InspectedVolume[]> {
  const { createVolumeGuard } = await import('../adapters/volume/guard.js');
  const guard = createVolumeGuard({ state, loaded });
  const here = await volumesHere(loaded, state);
  let turn = Promise.resolve();
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
    const look = turn.then(() =>
      guard.inspect(volume, { write: false, ...(onUnderWay && { onProbe: onUnderWay }) }),
    );
    turn = turn.then(() =>
      Promise.race([look.then(ignore, ignore), sleep(TURN_MS, undefined, { ref: false })]),
    );
    const condition = await look;
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

const ignore = (): void => undefined;
