import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createRestoreActivities } from '../../activities/restore.js';
import { openRepository } from '../../src/adapters/restic/repository.js';
import { openRemote } from '../../src/adapters/rclone-remote.js';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { exclusiveRestore, restoreEngine } from '../../src/adapters/restore.js';
import { createSecretResolver } from '../../src/adapters/secrets.js';
import type { State } from '../../src/adapters/state.js';
import { createVolumeGuard } from '../../src/adapters/volume/guard.js';
import type { RestorePlan, RestoreRequest, RestoreResult } from '../../src/domain/restore.js';
import { loadEstate } from '../../src/estate/load.js';

export interface RestoreRun {
  onStep?: ((step: RestoreStep) => void | Promise<void>) | undefined;
  /** What the volumes are said to have left. */
  freeBytes?: number | undefined;
  signal?: AbortSignal;
}

const silent = new DefaultLogger('ERROR', () => undefined);

/** The restores of the host `here` of an estate, with the real tools behind them. */
export async function restoreSteps(
  { file, state }: { file: string; state: State },
  { onStep, freeBytes, signal }: RestoreRun = {},
) {
  const loaded = await loadEstate(file);
  const activities = createRestoreActivities({
    ...{ host: 'here', state, engine: restoreEngine, exclusively: exclusiveRestore(state) },
    current: () => Promise.resolve(loaded),
    guard: () => {
      const guard = createVolumeGuard({ state, loaded, retryDelaysMs: [] });
      if (freeBytes === undefined) return guard;
      return { require: async (...asked) => ({ ...(await guard.require(...asked)), freeBytes }) };
    },
    open: (opened, name) =>
      openRepository(opened, name, { state, secrets: createSecretResolver(opened, process.env) }),
    openRemote: (opened, name) =>
      openRemote(opened, name, { state, secrets: createSecretResolver(opened, process.env) }),
    ...(onStep && { onStep }),
  });
  const run = <A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> => {
    signal?.throwIfAborted(); // a workflow that is cancelled takes no other step
    const environment = new MockActivityEnvironment({}, { logger: silent });
    signal?.addEventListener('abort', () => {
      environment.cancel('CANCELLED');
    });
    return environment.run(activity, ...args);
  };
  return {
    plan: (request: RestoreRequest): Promise<RestorePlan> => run(activities.planRestore, request),
    discard: (id: string): Promise<RestoreResult | undefined> =>
      run(activities.discardRestore, { estate: 'testbed', id }),
    /** All steps, as the workflow takes them. */
    restore: async (request: RestoreRequest): Promise<RestoreResult> => {
      const prepared = { estate: request.estate, id: request.id };
      await run(activities.prepareRestore, request);
      await run(activities.fetchRestore, prepared);
      await run(activities.verifyRestore, prepared);
      return run(activities.publishRestore, prepared);
    },
  };
}
