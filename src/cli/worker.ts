import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { loadEstateOption } from './estate-option.js';
import { note } from './output.js';
import { startWorker } from './start-worker.js';

export interface WorkerOptions {
  estate?: string;
  control?: boolean;
  host?: string;
  asHost?: boolean;
}

/** `fts worker`: one worker as a process of its own, which ends with this one; its exit code is passed on. */
export async function worker({
  estate,
  control = false,
  host,
  asHost = false,
}: WorkerOptions): Promise<number> {
  if (control === (host !== undefined)) {
    throw new UsageError('either --control or --host NAME is needed', {
      hint: 'the control worker runs the workflows; the host worker touches the disks of its machine',
    });
  }
  const { file } = await loadEstateOption(estate);
  const hostArgs = host === undefined ? [] : ['--host', host, ...(asHost ? ['--as-host'] : [])];
  return passedOn(
    startWorker(control ? 'control' : 'host', ['--estate', file, ...hostArgs], { stdio: 'inherit' }),
  );
}

/** Waits for the worker, handing every request to end on to it. Ctrl-C may reach it twice; it minds only the first. */
async function passedOn(child: ChildProcess): Promise<number> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  await once(child, 'exit');
  if (child.signalCode === null) return child.exitCode ?? ExitCode.unhealthy;
  note(`The worker was ended by ${child.signalCode}.`);
  return ExitCode.unhealthy;
}
