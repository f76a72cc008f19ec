import { setTimeout as sleep } from 'node:timers/promises';
import { prune } from '../src/adapters/prune.js';
import { refuseClockStep } from '../src/adapters/purge-clock.js';
import { loadEstate } from '../src/estate/load.js';
import type { WorkerSetting } from './worker-process.js';

const INTERVAL_MS = 24 * 3_600_000;

/** Prunes the host's state at once and then daily, until the signal. What goes wrong is logged, and tried the next day. */
export async function keepPruned(
  { state, logger }: Pick<WorkerSetting, 'state' | 'logger'>,
  estateFile: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const now = Date.now();
      await refuseClockStep(state, { now });
      const { estate } = await loadEstate(estateFile);
      const pruned = await prune(state, { now, jobs: new Set(Object.keys(estate.jobs)) });
      if (Object.values(pruned).some((count) => count > 0)) logger.info(pruned, 'state pruned');
    } catch (error) {
      logger.warn({ err: error }, 'the state of this host was not pruned');
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}
