import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import { signal } from '../processes.js';
import { makeWorker } from '../worker.js';

/** Both are awake for so long; then the first one goes (milliseconds). */
const TOGETHER_MS = 6000;

/**
 * The host worker stands still past its heartbeat, and its tools with it if `andTools`; a second one takes its work
 * over, and then the first goes on where it was. One of them has to give way.
 */
const twin = (name: string, weight: number, andTools: boolean): Fault => ({
  name,
  weight,
  demands: [],
  lasts: [33_000, 45_000],
  strike: async (world) => {
    const first = world.host.id();
    if (!first || !signal(first, 'SIGSTOP')) return undefined;
    const stopped = [first, ...(andTools ? world.host.tools() : [])];
    for (const one of stopped) {
      signal(one, 'SIGSTOP');
      world.cleanUp.process(one);
    }
    const second = makeWorker('host', join(world.folder, 'logs', 'twin.log'), world.environment);
    await second.start();
    return {
      target: `host worker ${String(first.pid)}, twin ${String(second.id()?.pid)}`,
      atRest: false,
      lift: async () => {
        const before = world.host;
        for (const one of stopped) signal(one, 'SIGCONT');
        await sleep(TOGETHER_MS);
        signal(first, 'SIGKILL');
        await before.gone();
        world.host = second;
      },
    };
  },
});

export const twinHost = twin('twin-host', 0.3, false);
export const twinOfSleeping = twin('twin-of-sleeping-host', 0.3, true);
