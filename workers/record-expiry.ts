import { setTimeout as sleep } from 'node:timers/promises';
import { removeExpired } from '../src/adapters/expired-records.js';
import { refuseClockStep } from '../src/adapters/purge/clock.js';
import { loadEstate } from '../src/estate/load.js';
import type { WorkerSetting } from './worker-process.js';

const INTERVAL_MS = 24 * 3_600_000;

/** Removes the host's expired records at once and then daily, until the signal. What goes wrong is logged, and tried the next day. */
export async function keepRemovingExpired(
  { state, logger }: Pick<WorkerSetting, 'state' | 'logger'>,
  estateFile: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const now = Date.now();
      await refuseClockStep(state, { now });
      const { estate } = await loadEstate(estateFile);
      const removed = await removeExpired(state, { now, jobs: new Set(Object.keys(estate.jobs)) });
      if (Object.values(removed).some((count) => count > 0)) logger.info(removed, 'expired records removed');
    } catch (error) {
      logger.warn({ err: error }, 'expired records were not removed');
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}
