import type { DrillSetting } from '../src/adapters/drill/setting.js';
import type { ResticRepository } from '../src/adapters/restic/repository.js';
import type { State } from '../src/adapters/state.js';
import type { DrillResult } from '../src/domain/drill.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest } from '../src/domain/job.js';
import { declaredJob } from '../src/estate/admission.js';
import { drillSources, drillTerms } from '../src/estate/drill-sources.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { volumesOfJob } from '../src/estate/lookup.js';
import type { DrillJob, Job } from '../src/estate/schema.js';
import { type Guard, reserveOf } from './admission.js';
import { nextDueOf, patiently } from './patience.js';
import { requireSameTree, requireVolumes } from './require-volumes.js';

export interface DrillDependencies extends Pick<DrillSetting, 'now' | 'comparer' | 'onStep'> {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  openRepository: (loaded: LoadedEstate, repository: string) => Promise<ResticRepository>;
  drill: (setting: DrillSetting) => Promise<DrillResult>;
}

export const createDrillActivities = (dependencies: DrillDependencies) => {
  const { host, current, guard, state, openRepository, drill, now, comparer, onStep } = dependencies;
  return {
    /**
     * Restores a sample of the newest snapshots of a repository into a scratch place and compares it. What it finds is its
     * answer, and no failure. Safe to retry: it begins anew, and what another attempt left in the scratch place goes.
     */
    drillRepository: (request: JobRequest): Promise<DrillResult> =>
      patiently('drill', nextDueOf(current, request.job), async (tell, signal) => {
        const loaded = await current();
        const job = drillJob(request.job, declaredJob(loaded, host, request));
        const guarded = guard(loaded);
        const names = volumesOfJob(loaded.estate, request.job);
        const before = await requireVolumes(guarded, names, signal);
        const volumes = [...before].map(
          ([name, found]) =>
            [
              name,
              {
                root: found.mountpoint,
                roomBytes:
                  found.freeBytes === undefined ? undefined : Math.max(0, found.freeBytes - reserveOf(found)),
              },
            ] as const,
        );
        const result = await drill({
          ...{ loaded, state, job: request.job, signal, tell, now, comparer, onStep },
          repository: await openRepository(loaded, job.repository),
          terms: drillTerms(job, loaded.estate.timezone),
          sources: drillSources(loaded.estate, job),
          volumes: new Map(volumes),
        });
        for (const [name, after] of await requireVolumes(guarded, names, signal))
          requireSameTree(name, before.get(name)?.identity, after, 'drill');
        return result;
      }),
  };
};

export type DrillActivities = ReturnType<typeof createDrillActivities>;

function drillJob(name: string, job: Job): DrillJob {
  if (job.kind === 'drill') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a drill`);
}
