import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleHandle } from '@temporalio/client';
import type { TemporalServer } from './temporal-server.js';
import { until } from './until.js';

/** Crons have minutes; so that a test need not, due times come this often (milliseconds). */
export const OFTEN_MS = 3000;

/** So long it takes to have the schedule begin, and to kill the server, where nothing is in the way (milliseconds). */
const AHEAD_MS = 8000;

/** Pauses a schedule; resolves when what it started has ended: while that runs, what is due is skipped. */
export async function pauseAndSettle(schedule: ScheduleHandle): Promise<void> {
  await until(async () => {
    await schedule.pause();
    const { state, info } = await schedule.describe();
    return state.paused && info.runningActions.length === 0;
  });
}

/**
 * Kills the server while it has the schedule at work, of which nothing is under way or was due yet: all that is due from
 * `startAt` on is missed. A machine that is too slow for it gets more time.
 */
export async function killBeforeDue(server: TemporalServer, schedule: ScheduleHandle): Promise<Date> {
  for (let ahead = AHEAD_MS; ; ahead *= 2) {
    await pauseAndSettle(schedule);
    const startAt = dueTime(Date.now() + ahead);
    await schedule.update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: OFTEN_MS }], startAt },
      state: { ...previous.state, paused: false },
    }));
    await until(async () => {
      const { state, info } = await schedule.describe();
      const [next] = info.nextActionTimes;
      return !state.paused && next !== undefined && next >= startAt;
    });
    await server.kill();
    if (Date.now() < startAt.getTime()) return startAt;
    await server.start();
  }
}

/** The next due time from then on (milliseconds): the server forgets what is less than a second. */
const dueTime = (from: number): Date => new Date(Math.ceil(from / OFTEN_MS) * OFTEN_MS);

/** Resolves when several due times have passed since that first one. */
export const whileMissed = (startAt: Date): Promise<void> =>
  sleep(startAt.getTime() + 4 * OFTEN_MS - Date.now()); // nothing to wait for: a clock cannot be moved
