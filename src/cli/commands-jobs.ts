import type { Command } from 'commander';
import { registerHoldCommands } from './commands-holds.js';
import { type CommonOptions, NO_TEMPORAL, WRONG_REQUEST, described, positiveInteger } from './command.js';

const RUN_CODES = {
  0: 'the run is complete',
  1: 'it failed, was cancelled, or is partial',
  ...WRONG_REQUEST,
  ...NO_TEMPORAL,
  4: 'it is held and waits for an approval',
  5: 'it was skipped: nothing was tried',
  130: 'interrupted with Ctrl-C; the run goes on',
};

const TIMEOUT = '--timeout <seconds>';
const TIMEOUT_MEANS = 'give up when no worker polls for so long (with --json: 60)';

/** Commands about jobs and their runs. */
export function registerJobCommands(program: Command): void {
  described(program.command('jobs'), {
    summary: 'list the declared jobs',
    examples: ['fts jobs', 'fts jobs --json'],
    exitCodes: { 0: 'listed', ...WRONG_REQUEST },
    json: true,
  }).action(async function (this: Command) {
    const { jobs } = await import('./jobs.js');
    process.exitCode = await jobs({ json: false, ...this.optsWithGlobals<CommonOptions>() });
  });

  described(program.command('run <job>'), {
    summary: 'start a job and follow it',
    about: 'Attaches to the run that is going, if there is one. Ctrl-C leaves the run going.',
    examples: ['fts run flux-snapshot', 'fts run flux-backup --detach', 'fts run flux-backup --json'],
    exitCodes: RUN_CODES,
    json: true,
  })
    .option('--detach', 'do not wait for the end')
    .option('--force', 'run although the estate pauses the job')
    .option(TIMEOUT, TIMEOUT_MEANS, positiveInteger)
    .action(async function (this: Command, job: string) {
      type Given = CommonOptions & { detach?: boolean; force?: boolean; timeout?: number };
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<Given>();
      const { run } = await import('./run.js');
      process.exitCode = await run({
        json: false,
        detach: false,
        force: false,
        ...options,
        job,
        timeoutSeconds,
      });
    });

  registerHoldCommands(program);

  described(program.command('runs [job]'), {
    summary: 'list past and present runs, newest first',
    examples: ['fts runs', 'fts runs flux-snapshot --limit 50', 'fts runs --json'],
    exitCodes: { 0: 'listed', ...WRONG_REQUEST, ...NO_TEMPORAL },
    json: true,
  })
    .option('--limit <count>', 'list so many at most (20)', positiveInteger)
    .action(async function (this: Command, job?: string) {
      const { runs } = await import('./runs.js');
      const options = this.optsWithGlobals<CommonOptions & { limit?: number }>();
      process.exitCode = await runs({ json: false, limit: 20, ...options, job });
    });

  described(program.command('watch <id>'), {
    summary: 'follow a run',
    about: 'ID is a workflow id, a run id or the name of a job. A run that has ended is shown as it ended.',
    examples: ['fts watch flux-snapshot', 'fts watch miket/flux-backup'],
    exitCodes: RUN_CODES,
    json: true,
  })
    .option(TIMEOUT, TIMEOUT_MEANS, positiveInteger)
    .action(async function (this: Command, id: string) {
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<
        CommonOptions & { timeout?: number }
      >();
      const { watch } = await import('./watch.js');
      process.exitCode = await watch({ json: false, ...options, id, timeoutSeconds });
    });

  described(program.command('logs <id>'), {
    summary: 'show what happened in a run, step by step',
    about:
      'ID is a workflow id, a run id or the name of a job. Lines that a worker on this machine logged are merged in.',
    examples: ['fts logs flux-snapshot', 'fts logs flux-snapshot --json'],
    exitCodes: { 0: 'shown', ...WRONG_REQUEST, ...NO_TEMPORAL },
    json: true,
  }).action(async function (this: Command, id: string) {
    const { logs } = await import('./logs.js');
    process.exitCode = await logs({ json: false, ...this.optsWithGlobals<CommonOptions>(), id });
  });

  described(program.command('cancel <id>'), {
    summary: 'end a run and wait until its tool has ended',
    about: 'ID is a workflow id, a run id or the name of a job.',
    examples: ['fts cancel flux-backup', 'fts cancel flux-backup --detach'],
    exitCodes: {
      0: 'the run has ended',
      1: 'no worker is there to end it',
      ...WRONG_REQUEST,
      ...NO_TEMPORAL,
      130: 'interrupted with Ctrl-C; the run ends all the same',
    },
    json: true,
  })
    .option('--detach', 'do not wait for the end')
    .option(TIMEOUT, TIMEOUT_MEANS, positiveInteger)
    .action(async function (this: Command, id: string) {
      type Given = CommonOptions & { detach?: boolean; timeout?: number };
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<Given>();
      const { cancel } = await import('./cancel.js');
      process.exitCode = await cancel({ json: false, detach: false, ...options, id, timeoutSeconds });
    });
}
