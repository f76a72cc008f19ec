import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import { signal } from '../processes.js';
import { makeWorker } from '../worker.js';

/** Both are awake for so long; then the first one goes (milliseconds). */
const TOGETHER_MS = 6000;

/**
 * The host worker stands still past its heartbeat, a second one takes its work over, and then the first goes on where
 * it was. One of them has to give way.
 */
export const twinHost: Fault = {
  name: 'twin-host',
  weight: 0.3,
  demands: [],
  lasts: [33_000, 45_000],
  strike: async (world) => {
    const first = world.host.id();
    if (!first || !signal(first, 'SIGSTOP')) return undefined;
    world.cleanUp.process(first);
    const twin = makeWorker('host', join(world.folder, 'logs', 'twin.log'), world.environment);
    await twin.start();
    return {
      target: `host worker ${String(first.pid)}, twin ${String(twin.id()?.pid)}`,
      atRest: false,
      lift: async () => {
        const before = world.host;
        signal(first, 'SIGCONT');
        await sleep(TOGETHER_MS);
        signal(first, 'SIGKILL');
        await before.gone();
        world.host = twin;
      },
    };
  },
};
