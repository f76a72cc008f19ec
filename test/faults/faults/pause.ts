import type { Fault, Struck } from '../fault.js';
import { type ProcessId, signal } from '../processes.js';
import type { Random } from '../seeded.js';
import type { World } from '../world.js';

type Choose = (world: World, random: Random) => { id: ProcessId; name: string } | undefined;

/** SIGSTOP, and SIGCONT after a while. */
const pause = (
  name: string,
  weight: number,
  lasts: Fault['lasts'],
  choose: Choose,
  demands: Fault['demands'] = [],
): Fault => ({
  ...{ name, weight, lasts, demands },
  strike: (world, random) => {
    const chosen = choose(world, random);
    if (!chosen || !signal(chosen.id, 'SIGSTOP')) return Promise.resolve(undefined);
    world.cleanUp.process(chosen.id);
    const struck: Struck = {
      target: `${chosen.name} ${String(chosen.id.pid)}`,
      atRest: false,
      lift: () => {
        signal(chosen.id, 'SIGCONT');
        return Promise.resolve();
      },
    };
    return Promise.resolve(struck);
  },
});

const named = (name: string, id: ProcessId | undefined) => (id ? { id, name } : undefined);

const SHORT = [100, 4000] as const;

/** Longer than a heartbeat may be away: the attempt is given up on while it still exists. */
const PAST_HEARTBEAT = [33_000, 40_000] as const;

export const pauseHost = pause('pause-host', 2, SHORT, ({ host }) => named('host worker', host.id()));
export const pauseControl = pause('pause-control', 1, SHORT, ({ control }) =>
  named('control worker', control.id()),
);
export const pauseTemporal = pause('pause-temporal', 1, SHORT, ({ temporal }) =>
  named('Temporal server', temporal.id()),
);
export const pauseTool = pause('pause-tool', 2, SHORT, ({ host }, random) => {
  const tools = host.tools();
  const tool = tools.length === 0 ? undefined : random.pick(tools);
  return tool && named(tool.name, tool);
});
export const pauseHostLong = pause('pause-host-long', 0.3, PAST_HEARTBEAT, ({ host }) =>
  named('host worker', host.id()),
);
/** The whole remote stands still, and so would a look at it. */
export const pauseRemote: Fault = {
  ...pause('pause-remote', 2, [500, 6000], ({ remote }) => named('remote', remote.id())),
  blinds: true,
};
