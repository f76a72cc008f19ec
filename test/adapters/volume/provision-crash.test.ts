import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../../src/adapters/crash-point.js';
import { dies, moduleAt } from '../../support/dying.js';
import { type VolumeEstate, makeVolumeEstate } from '../../support/volume-estate.js';

let test: VolumeEstate;
beforeEach(async () => {
  test = await makeVolumeEstate({ volume: { directories: ['active'] } });
});
afterEach(() => test.remove());

const provisioning = (): string => `
  import { State } from ${moduleAt('src/adapters/state.js')};
  import { provisionVolume } from ${moduleAt('src/adapters/volume/provision.js')};
  import { loadEstate } from ${moduleAt('src/estate/load.js')};
  const state = new State(${JSON.stringify(join(test.folder, 'state'))}, 'testbed');
  const loaded = await loadEstate(${JSON.stringify(join(test.folder, 'estate.yaml'))});
  await provisionVolume({ state, loaded, volume: 'flux' });`;

const state = async (): Promise<string> => (await test.guard.inspect('flux', { write: true })).state;

describe('a worker that is killed while it provisions', () => {
  const POINTS: [CrashPoint, string][] = [
    ...(['root', 'folders', 'owner'] as const).map((step): [CrashPoint, string] => ['provision', step]),
    ['sentinel-drafted', ''],
    ['sentinel-placed', ''],
    ['provision', 'sentinel'],
    ['state-drafted', 'volumes/flux.json'],
    ['state-replaced', 'volumes/flux.json'],
    ['provision', 'record'],
  ];

  it.each(POINTS)(
    'at "%s" %s lets no job in before all is there; the next one completes it',
    async (at, of) => {
      await dies(provisioning(), { at, of });
      const isRecorded = of === 'record' || at === 'state-replaced';
      expect(await state()).toBe(isRecorded ? 'healthy' : 'wrong');
      await test.provision();
      expect(await state()).toBe('healthy');
      expect((await readdir(test.mountpoint)).sort()).toEqual(['.fts', '.fts-volume', 'active']);
    },
  );
});
