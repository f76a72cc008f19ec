import { setTimeout as sleep } from 'node:timers/promises';
import { ORPHAN_PATIENCE_MS } from '../checkers/programs.js';
import type { Fault } from '../fault.js';
import {
  type ProcessId,
  isStopped,
  isThere,
  isToldToEnd,
  parentOf,
  signal,
  whoRemains,
} from '../processes.js';
import type { WorkerKind } from '../worker.js';
import type { World } from '../world.js';

const nothing = (): Promise<void> => Promise.resolve();

/** SIGKILL of a worker. Its tools must end with it; then somebody starts it again. */
const killWorker = (kind: WorkerKind, weight: number): Fault => ({
  name: `kill-${kind}`,
  weight,
  demands: [],
  lasts: [0, 2500],
  strike: async (world) => {
    const worker = world[kind];
    const target = worker.id();
    const tools = worker.tools();
    if (!target || !signal(target, 'SIGKILL')) return undefined;
    await worker.gone();
    const orphans = await whoRemains(tools, ORPHAN_PATIENCE_MS);
    return {
      target: `${kind} worker ${String(target.pid)}${describe(tools)}`,
      atRest: kind === 'host',
      lift: () => worker.start(),
      violations: orphans.map(({ name, pid }) => `${name} (${String(pid)}) outlived its worker`),
    };
  },
});

const describe = (tools: readonly { name: string }[]): string =>
  tools.length === 0 ? '' : ` with ${tools.map(({ name }) => name).join(', ')}`;

export const killHost = killWorker('host', 5);
export const killControl = killWorker('control', 2);

/** These are about to become a tool, or are no tool. */
const UNTIED = new Set(['setpriv', 'node']);

/** Whoever does not stand still by then is about to end (milliseconds). */
const STOPPING_MS = 1000;

/**
 * SIGKILL of the host worker while its tools stand still. The kernel has to have told each of them to end by the time
 * the worker is gone: one that only ends because nobody reads its output any more is not tied to it.
 */
export const killHostOfStopped: Fault = {
  name: 'kill-host-of-stopped-tool',
  weight: 2,
  demands: [],
  lasts: [0, 1500],
  strike: async (world) => {
    const { host } = world;
    const target = host.id();
    const tools = host.tools();
    if (!target || tools.length === 0) return undefined;
    for (const tool of tools) {
      signal(tool, 'SIGSTOP');
      world.cleanUp.process(tool);
    }
    for (const end = Date.now() + STOPPING_MS; tools.some((tool) => !isStopped(tool)) && Date.now() < end;)
      await sleep(1);
    const tied = tools.filter(
      (tool) => isStopped(tool) && parentOf(tool.pid) === target.pid && !UNTIED.has(tool.name),
    );
    signal(target, 'SIGKILL');
    await host.gone();
    const untold = tied.filter((tool) => !isToldToEnd(tool.pid) && isThere(tool)); // who was told may have ended
    for (const tool of tools) signal(tool, 'SIGCONT');
    const orphans = await whoRemains(tools, ORPHAN_PATIENCE_MS);
    return {
      target: `host worker ${String(target.pid)}${describe(tools)}`,
      atRest: true,
      lift: () => host.start(),
      violations: [
        ...untold.map(({ name, pid }) => `${name} (${String(pid)}) is not tied to its worker`),
        ...orphans.map(({ name, pid }) => `${name} (${String(pid)}) outlived its worker`),
      ],
    };
  },
};

/** SIGKILL of what runs below the host worker, whatever it is. */
export const killTool = (demands: Fault['demands']): Fault => ({
  name: 'kill-tool',
  weight: 4,
  demands,
  lasts: [0, 0],
  strike: async (world, random) => {
    for (const end = Date.now() + TOOL_PATIENCE_MS; Date.now() < end;) {
      const tools = world.host.tools();
      const tool = tools.length === 0 ? undefined : random.pick(tools);
      if (tool && signal(tool, 'SIGKILL'))
        return { target: `${tool.name} ${String(tool.pid)}`, atRest: false, lift: nothing };
      await sleep(1);
    }
    return undefined;
  },
});

/** Between two tools there is none for a moment (milliseconds). */
const TOOL_PATIENCE_MS = 1500;

/** SIGKILL of the Temporal server, which is started again on the same database. */
export const killTemporal: Fault = {
  name: 'kill-temporal',
  weight: 3,
  demands: [],
  lasts: [0, 4000],
  strike: async ({ temporal }) => {
    const target = temporal.id();
    if (!target) return undefined;
    await temporal.kill();
    return { target: `Temporal server ${String(target.pid)}`, atRest: false, lift: () => temporal.start() };
  },
};

/** Everything at once, as when the machine is reset but its disks had time to write. */
export const killAll: Fault = {
  name: 'kill-all',
  weight: 1,
  demands: [],
  lasts: [0, 1500],
  strike: async (world) => {
    const targets = [world.host.id(), world.control.id(), world.temporal.id()].flatMap((id): ProcessId[] =>
      id ? [id] : [],
    );
    const tools = world.host.tools();
    for (const target of targets) signal(target, 'SIGKILL');
    await Promise.all([world.host.gone(), world.control.gone(), world.temporal.kill()]);
    const orphans = await whoRemains(tools, ORPHAN_PATIENCE_MS);
    return {
      target: targets.map(({ pid }) => String(pid)).join(', '),
      atRest: true,
      lift: () => restart(world),
      violations: orphans.map(({ name, pid }) => `${name} (${String(pid)}) outlived its worker`),
    };
  },
};

async function restart({ temporal, host, control }: World): Promise<void> {
  await temporal.start();
  await Promise.all([host.start(), control.start()]);
}
