import type { Command } from 'commander';
import { NO_TEMPORAL, WRONG_REQUEST, described, port } from './command.js';
import type { DevOptions } from './dev.js';
import type { WorkerOptions } from './worker.js';

/** Commands that are, or start, long-running processes. */
export function registerProcessCommands(program: Command): void {
  described(program.command('dev'), {
    summary: 'run everything on this machine: Temporal with its Web UI, and both workers',
    about: 'For one machine. Applies the schedules, prints the address of the Web UI, and runs until Ctrl-C.',
    examples: ['fts dev', 'fts dev --host motoko --port 7300 --ui-port 8300'],
    exitCodes: {
      0: 'ended on request',
      1: 'something could not be started',
      2: 'the request or the estate is wrong, or a port is busy',
    },
  })
    .option('--host <name>', 'the declared host that this machine is')
    .option('--port <port>', "port of Temporal's API", port)
    .option('--ui-port <port>', 'port of the Web UI', port)
    .option('--db <file>', "Temporal's database; without it, beside the records of the estate")
    .action(async function (this: Command) {
      const { dev } = await import('./dev.js');
      process.exitCode = await dev(this.optsWithGlobals<DevOptions>());
    });

  described(program.command('worker'), {
    summary: 'run one worker',
    about: 'The control worker runs the workflows, a host worker does the work on its machine.',
    examples: ['fts worker --control', 'fts worker --host motoko'],
    exitCodes: { 0: 'ended on request', 1: 'it could not go on', ...WRONG_REQUEST, ...NO_TEMPORAL },
  })
    .option('--control', 'the control worker')
    .option('--host <name>', 'the worker of a host; this machine must be it')
    .option('--as-host', 'act as that host although this machine has another name')
    .action(async function (this: Command) {
      const { worker } = await import('./worker.js');
      process.exitCode = await worker(this.optsWithGlobals<WorkerOptions>());
    });
}
