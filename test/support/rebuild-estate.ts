import { mkdir, rm } from 'node:fs/promises';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import { loadEstate } from '../../src/estate/load.js';
import { makeRestoreEstate } from './restore-estate.js';

/** An estate whose projects lie in flux/active, where there is none yet. */
export async function makeRebuildEstate() {
  const bed = await makeRestoreEstate({
    jobs: { graduation: { kind: 'graduation', from: 'flux/active', to: 'space/projects', inactive: '30d' } },
  });
  await rm(bed.thesis, { recursive: true });
  return {
    ...bed,
    /** Another drive, empty, in place of the lost one. */
    lose: async (): Promise<void> => {
      await rm(bed.flux, { recursive: true });
      await mkdir(bed.flux);
      await provisionVolume({ state: bed.state, loaded: await loadEstate(bed.file), volume: 'flux' });
    },
  };
}
export type RebuildEstate = Awaited<ReturnType<typeof makeRebuildEstate>>;
