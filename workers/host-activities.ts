import { createAdmissionActivities } from '../activities/admission.js';
import { createRecordActivities } from '../activities/record.js';
import { createResticActivities } from '../activities/restic.js';
import { createVolumeActivities } from '../activities/volumes.js';
import { realName } from '../src/adapters/real-name.js';
import { openReport } from '../src/adapters/report.js';
import { openRepository } from '../src/adapters/restic-repository.js';
import { runRestic } from '../src/adapters/restic.js';
import { createSecretResolver } from '../src/adapters/secrets.js';
import type { State } from '../src/adapters/state.js';
import { createVolumeGuard } from '../src/adapters/volume-guard.js';
import { provisionVolume } from '../src/adapters/volume-provision.js';
import type { LoadedEstate } from '../src/estate/load.js';
import type { EstateSource } from '../src/estate/source.js';

export interface HostWorkerParts {
  host: string;
  estates: EstateSource;
  state: State;
}

/** Every activity of a host worker, with the real world behind it. */
export function createHostActivities({ host, estates, state }: HostWorkerParts) {
  const current = (): Promise<LoadedEstate> => estates.current();
  const guard = (loaded: LoadedEstate) => createVolumeGuard({ state, loaded });
  const open = async (loaded: LoadedEstate, name: string) => {
    const secrets = createSecretResolver(loaded, process.env);
    const repository = await openRepository(loaded, name, { state, secrets });
    return { run: (call: Parameters<typeof runRestic>[1]) => runRestic(repository, call) };
  };
  return {
    ...createAdmissionActivities({ host, current, guard }),
    ...createResticActivities({ host, current, guard, state, open, openReport, realName }),
    ...createRecordActivities({ current, state }),
    ...createVolumeActivities({
      host,
      current,
      provision: (loaded, volume) => provisionVolume({ state, loaded, volume }),
    }),
  };
}
