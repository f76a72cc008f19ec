import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '../fault.js';

const DAY_MS = 24 * 3_600_000;

/** As if the clock had been set back by a day: the host recorded a run that ended tomorrow. The machine's clock stays. */
export const clockBack: Fault = {
  name: 'clock-back',
  weight: 0.7,
  demands: ['ClockStep'],
  outlastsRun: true,
  lasts: [0, 0],
  strike: async ({ state }) => {
    const file = join(state, 'jobs', 'of-tomorrow.json');
    await mkdir(join(state, 'jobs'), { recursive: true, mode: 0o700 });
    await writeFile(file, JSON.stringify({ last: { endedAt: new Date(Date.now() + DAY_MS).toISOString() } }));
    return { target: 'the last run on record', atRest: false, lift: () => rm(file) };
  },
};
