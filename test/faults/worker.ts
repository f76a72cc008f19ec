import { closeSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { startTied } from '../../src/adapters/tied-process.js';
import { until } from '../support/until.js';
import { descendants, identify, isThere, type ProcessId, type Tool, whoRemains } from './processes.js';
import { FTS } from './programs.js';

export type WorkerKind = 'host' | 'control';

/** `fts worker`, which starts the worker itself and waits for it; somebody has to start it again, as systemd would. */
export interface WorkerProcess {
  kind: WorkerKind;
  /** The process that does the work. */
  id(): ProcessId | undefined;
  /** What runs below it. */
  tools(): Tool[];
  /** Resolves when it polls. */
  start(): Promise<void>;
  /** Waits until both processes are gone. */
  gone(): Promise<void>;
  log: string;
}

const ARGUMENTS: Record<WorkerKind, string[]> = {
  control: ['--control'],
  host: ['--host', 'here', '--as-host'],
};

/** Several worlds at once make a machine slow. */
const START_PATIENCE_MS = 180_000;

const END_PATIENCE_MS = 30_000;

export function makeWorker(kind: WorkerKind, log: string, environment: NodeJS.ProcessEnv): WorkerProcess {
  let wrapper: ProcessId | undefined;
  let worker: ProcessId | undefined;
  return {
    kind,
    log,
    id: () => worker,
    tools: () => (worker && isThere(worker) ? descendants(worker.pid) : []),
    start: async () => {
      const output = openSync(log, 'a');
      const { size } = await stat(log);
      const child = startTied(process.execPath, [FTS, 'worker', ...ARGUMENTS[kind]], {
        environment,
        stdio: ['ignore', 'ignore', output],
        deathSignal: 'KILL',
      });
      closeSync(output);
      await until(async () => {
        if (child.exitCode !== null)
          throw new Error(`the ${kind} worker ended: ${await readFile(log, 'utf8')}`);
        return (await readFile(log)).subarray(size).includes('"event":"ready"');
      }, START_PATIENCE_MS);
      wrapper = identify(child.pid ?? 0);
      worker = descendants(child.pid ?? 0).find(({ args }) =>
        args.some((arg) => arg.endsWith(`/${kind}.js`)),
      );
      if (!worker) throw new Error(`the ${kind} worker cannot be found below ${String(child.pid)}`);
    },
    gone: async () => {
      const left = await whoRemains(
        [wrapper, worker].flatMap((id) => id ?? []),
        END_PATIENCE_MS,
      );
      if (left.length > 0) throw new Error(`the ${kind} worker does not end`);
    },
  };
}
