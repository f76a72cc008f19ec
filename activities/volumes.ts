import { FtsError } from '../src/domain/failures.js';
import type { ProvisionResult } from '../src/domain/provision.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { patiently } from './patience.js';

export interface VolumeActivityDependencies {
  /** The host this worker stands for. */
  host: string;
  current: () => Promise<LoadedEstate>;
  provision: (loaded: LoadedEstate, volume: string) => Promise<ProvisionResult>;
}

export interface ProvisionVolumeInput {
  estate: string;
  volume: string;
}

export const createVolumeActivities = ({ host, current, provision }: VolumeActivityDependencies) => ({
  /**
   * Makes or adopts a volume as this host's own estate declares it. Safe to retry: what is in place is left alone.
   * Fails with `UnknownVolume` for one that is not declared, or for another host.
   */
  provisionVolume: ({ estate, volume }: ProvisionVolumeInput): Promise<ProvisionResult> =>
    patiently('provision', undefined, async () => {
      const loaded = await current();
      const { volumes } = loaded.estate;
      const declared = Object.hasOwn(volumes, volume) ? volumes[volume] : undefined;
      if (estate !== loaded.estate.estate || declared === undefined) {
        throw new FtsError('UnknownVolume', `host ${host} declares no volume ${estate}/${volume}`);
      }
      if (declared.host !== host) {
        throw new FtsError(
          'UnknownVolume',
          `volume ${volume} belongs to host ${declared.host}, not to ${host}`,
        );
      }
      return provision(loaded, volume);
    }),
});

export type VolumeActivities = ReturnType<typeof createVolumeActivities>;
