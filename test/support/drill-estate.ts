import { type DrillDependencies, createDrillActivities } from '../../activities/drill.js';
import { drillComparer } from '../../src/adapters/drill/compare.js';
import { drillRepository } from '../../src/adapters/drill.js';
import { openRepository } from '../../src/adapters/restic/repository.js';
import { createSecretResolver } from '../../src/adapters/secrets.js';
import { createVolumeGuard } from '../../src/adapters/volume/guard.js';
import type { DrillResult } from '../../src/domain/drill.js';
import { loadEstate } from '../../src/estate/load.js';
import { mockActivity } from './mock-activity.js';
import { makeResticEstate } from './restic-estate.js';

export type DrillRun = Partial<Pick<DrillDependencies, 'now' | 'comparer' | 'onStep'>>;

/** An estate whose job `drill` drills the repository `local`, to which `save` saves flux. */
export async function makeDrillEstate(
  more: Record<string, unknown> = {},
  jobs: Record<string, unknown> = {},
) {
  const estate = await makeResticEstate({
    jobs: { drill: { kind: 'drill', repository: 'local', ...more }, ...jobs },
  });
  const { state } = estate;
  /** Runs the drill as the host's worker does, but for what is replaced. */
  const drill = async (replaced: DrillRun = {}, activityContext = mockActivity()): Promise<DrillResult> => {
    const { drillRepository: activity } = createDrillActivities({
      ...{ host: 'here', state, drill: drillRepository, comparer: drillComparer },
      current: () => loadEstate(estate.file),
      guard: (loaded) => createVolumeGuard({ state, loaded }),
      openRepository: (loaded, name) =>
        openRepository(loaded, name, { state, secrets: createSecretResolver(loaded, {}) }),
      now: () => new Date(),
      onStep: () => undefined,
      ...replaced,
    });
    return activityContext.run(activity, await estate.request('drill'));
  };
  return { ...estate, drill };
}
export type DrillEstate = Awaited<ReturnType<typeof makeDrillEstate>>;
