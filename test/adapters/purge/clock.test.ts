import { beforeEach, describe, expect, it } from 'vitest';
import { refuseClockStep } from '../../../src/adapters/purge/clock.js';
import { State } from '../../../src/adapters/state.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;
const ENDED = Date.parse('2026-11-20T00:00:00Z');

let state: State;
beforeEach(async () => {
  state = new State(await temporaryFolder(), 'testbed');
});

const record = (job: string, endedAt: number): Promise<void> =>
  state.write(`jobs/${job}.json`, { job, last: { endedAt: new Date(endedAt).toISOString() } });

const check = (now: number, synchronised = false): Promise<void> =>
  refuseClockStep(state, { now, isSynchronised: () => Promise.resolve(synchronised) });

const STEP = { type: 'ClockStep' };

describe('a clock', () => {
  it('is believed on a host without a record, and shortly after the last', async () => {
    await check(0);
    await record('save', ENDED);
    await check(ENDED);
    await check(ENDED + 30 * DAY_MS);
  });

  it('is refused before the last record of any job', async () => {
    await record('purge', ENDED - 100 * DAY_MS);
    await record('save', ENDED);
    await check(ENDED - 5000, false);
    await expect(check(ENDED - 5001)).rejects.toMatchObject(STEP);
    await expect(check(ENDED - DAY_MS, true)).rejects.toMatchObject(STEP);
  });

  it('far after it is believed only if it is synchronised', async () => {
    await record('save', ENDED);
    await expect(check(ENDED + 31 * DAY_MS)).rejects.toMatchObject(STEP);
    await check(ENDED + 31 * DAY_MS, true);
  });

  it('is asked for on a machine that cannot tell, too', async () => {
    await record('save', 0);
    const { PATH } = process.env;
    process.env.PATH = '/nowhere';
    try {
      await expect(refuseClockStep(state, { now: ENDED })).rejects.toMatchObject(STEP);
    } finally {
      process.env.PATH = PATH;
    }
  });
});
