import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createRebuildActivities } from '../../activities/rebuild.js';
import { openRemote } from '../../src/adapters/rclone-remote.js';
import { rebuildEngine } from '../../src/adapters/rebuild.js';
import { openRepository } from '../../src/adapters/restic/repository.js';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { createSecretResolver } from '../../src/adapters/secrets.js';
import type { State } from '../../src/adapters/state.js';
import { createVolumeGuard } from '../../src/adapters/volume/guard.js';
import { PART_FAILURES } from '../../src/domain/rebuild-order.js';
import type { EndedBatch, RebuildPlan, RebuildRequest, RebuildResult } from '../../src/domain/rebuild-run.js';
import { loadEstate } from '../../src/estate/load.js';

export interface RebuildRun {
  onStep?: ((step: RestoreStep) => void | Promise<void>) | undefined;
  /** Called before each batch, with the name of its first part. */
  onBatch?: (name: string) => void | Promise<void>;
}

const silent = new DefaultLogger('ERROR', () => undefined);

/** The rebuilds of the host `here` of an estate, with the real tools behind them. */
export async function rebuildSteps(
  { file, state }: { file: string; state: State },
  { onStep, onBatch }: RebuildRun = {},
) {
  const loaded = await loadEstate(file);
  const activities = createRebuildActivities({
    ...{ host: 'here', state, engine: rebuildEngine },
    current: () => Promise.resolve(loaded),
    guard: () => createVolumeGuard({ state, loaded, retryDelaysMs: [] }),
    open: (opened, name) =>
      openRepository(opened, name, { state, secrets: createSecretResolver(opened, process.env) }),
    openRemote: (opened, name) =>
      openRemote(opened, name, { state, secrets: createSecretResolver(opened, process.env) }),
    ...(onStep && { onStep }),
  });
  const run = <A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> =>
    new MockActivityEnvironment({}, { logger: silent }).run(activity, ...args);
  return {
    plan: (request: RebuildRequest): Promise<RebuildPlan> => run(activities.planRebuild, request),
    /** All steps, as the workflow takes them. */
    rebuild: async (request: RebuildRequest, runId = 'run-1'): Promise<RebuildResult> => {
      const { estate, volume } = request;
      const step = { estate, volume, run: runId };
      await run(activities.prepareRebuild, { ...request, run: runId });
      let ended: EndedBatch | undefined;
      for (;;) {
        const { batch, name } = await run(activities.nextRebuildBatch, { ...step, ...(ended && { ended }) });
        if (batch === undefined) break;
        await onBatch?.(name ?? '');
        try {
          await run(activities.restoreRebuildBatch, { ...step, batch });
          ended = { batch };
        } catch (error) {
          if (!(error instanceof ApplicationFailure) || !PART_FAILURES.has(error.type ?? '')) throw error;
          ended = { batch, failure: { type: error.type ?? '', message: error.message } };
        }
      }
      return run(activities.finishRebuild, step);
    },
  };
}
