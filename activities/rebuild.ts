import type { RestoreSetting } from '../src/adapters/restore/setting.js';
import type {
  EndedBatch,
  RebuildBatch,
  RebuildPlan,
  RebuildRequest,
  RebuildResult,
  RebuildState,
  RebuildStepRequest,
} from '../src/domain/rebuild-run.js';
import { patiently } from './patience.js';
import { type RestoreDependencies, restoreSetting } from './restore.js';

/** What rebuilds on the disk (`src/adapters/rebuild/`). */
export interface RebuildEngine {
  plan: (setting: RestoreSetting, request: RebuildRequest) => Promise<RebuildPlan>;
  prepare: (setting: RestoreSetting, request: RebuildRequest & { run: string }) => Promise<RebuildState>;
  next: (
    setting: RestoreSetting,
    request: RebuildStepRequest & { ended?: EndedBatch },
  ) => Promise<RebuildBatch>;
  restore: (setting: RestoreSetting, request: RebuildStepRequest & { batch: string }) => Promise<void>;
  finish: (setting: RestoreSetting, request: RebuildStepRequest) => Promise<RebuildResult>;
}

export type RebuildDependencies = Omit<RestoreDependencies, 'engine' | 'exclusively'> & {
  engine: RebuildEngine;
};

export const createRebuildActivities = (dependencies: RebuildDependencies) => {
  const { engine, current } = dependencies;

  const step = <T>(
    phase: string,
    work: (setting: RestoreSetting) => Promise<T>,
    { looksOnly = false } = {},
  ): Promise<T> =>
    patiently(phase, undefined, async (tell, signal) =>
      work(restoreSetting(dependencies, await current(), { tell, signal, looksOnly })),
    );

  return {
    /** Looks what a rebuild would do. Writes nothing on the volume; safe to retry. */
    planRebuild: (request: RebuildRequest): Promise<RebuildPlan> =>
      step('look', (setting) => engine.plan(setting, request), { looksOnly: true }),

    /** Settles the source, the parts and their order, and records them. Safe to retry: what is recorded stays. */
    prepareRebuild: (request: RebuildRequest & { run: string }): Promise<RebuildState> =>
      step('look', (setting) => engine.prepare(setting, request)),

    /** Notes what became of some parts, and says which come next. Safe to retry: nothing is noted twice. */
    nextRebuildBatch: (request: RebuildStepRequest & { ended?: EndedBatch }): Promise<RebuildBatch> =>
      step('next', (setting) => engine.next(setting, request)),

    /** Brings some parts back. Safe to retry: goes on where the last attempt ended. */
    restoreRebuildBatch: (request: RebuildStepRequest & { batch: string }): Promise<void> =>
      step('restore', (setting) => engine.restore(setting, request)),

    /** Looks that all of the source is there. Safe to retry: tells its result again. */
    finishRebuild: (request: RebuildStepRequest): Promise<RebuildResult> =>
      step('verify', (setting) => engine.finish(setting, request)),
  };
};

export type RebuildActivities = ReturnType<typeof createRebuildActivities>;
