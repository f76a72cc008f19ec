import type { Command } from 'commander';
import { type CommonOptions, NO_TEMPORAL, WRONG_REQUEST, described, positiveInteger } from './command.js';

/** Commands about the estate: its file, its health, this machine, its volumes. */
export function registerEstateCommands(program: Command): void {
  described(program.command('status'), {
    summary: 'show whether everything is as it should be',
    about:
      'One line a job, then volumes, workers, and what to do. Answers from the last records when Temporal is away.',
    examples: ['fts status', 'fts status --watch', 'fts status --json'],
    exitCodes: {
      0: 'healthy',
      1: 'something asks for a person',
      ...WRONG_REQUEST,
      3: 'Temporal cannot be reached; the last records are shown',
      130: '--watch ended with Ctrl-C',
    },
    json: true,
  })
    .option('--watch', 'look again every two seconds')
    .action(async function (this: Command) {
      const { status } = await import('./status.js');
      const options = this.optsWithGlobals<CommonOptions & { watch?: boolean }>();
      process.exitCode = await status({ json: false, watch: false, ...options });
    });

  described(program.command('check'), {
    summary: 'validate the estate file',
    examples: ['fts check', 'fts --estate examples/miket.yaml check', 'fts check --json'],
    exitCodes: { 0: 'the estate is valid', 2: 'it is not; each error is told with its line' },
    json: true,
  }).action(async function (this: Command) {
    const { check } = await import('./check.js');
    process.exitCode = await check({ json: false, ...this.optsWithGlobals<CommonOptions>() });
  });

  described(program.command('doctor'), {
    summary: 'look at what the jobs need on this machine',
    about:
      'Tools, permissions, secrets, volumes, the rules of mirrors’ buckets, the connection, and old timers that are still on.',
    examples: ['fts doctor', 'fts doctor --install', 'fts doctor --set-lifecycle'],
    exitCodes: { 0: 'nothing is missing', 1: 'something will not work until it is mended', ...WRONG_REQUEST },
    json: true,
  })
    .option('--install', 'fetch the tools that are missing')
    .option('--set-lifecycle', 'have B2 delete what mirrors hid after the declared time (keepHidden)')
    .action(async function (this: Command) {
      const { doctor } = await import('./doctor.js');
      const options = this.optsWithGlobals<CommonOptions & { install?: boolean; setLifecycle?: boolean }>();
      process.exitCode = await doctor({ json: false, install: false, setLifecycle: false, ...options });
    });

  described(program.command('provision <volume>'), {
    summary: 'make a volume ready for use',
    about:
      'Writes its folders and its sentinel, on a folder or on a filesystem that is mounted. Changes nothing the second time.',
    examples: ['fts provision flux'],
    exitCodes: {
      0: 'the volume is ready',
      1: 'it could not be made ready',
      ...WRONG_REQUEST,
      ...NO_TEMPORAL,
      130: 'interrupted with Ctrl-C; the run goes on',
    },
    json: true,
  })
    .option(
      '--timeout <seconds>',
      'give up when no worker polls for so long (with --json: 60)',
      positiveInteger,
    )
    .action(async function (this: Command, volume: string) {
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<
        CommonOptions & { timeout?: number }
      >();
      const { provision } = await import('./provision.js');
      process.exitCode = await provision({ json: false, ...options, volume, timeoutSeconds });
    });

  described(program.command('schema'), {
    summary: "print the estate file's JSON Schema, for editors",
    examples: ['fts schema > estate.schema.json'],
    exitCodes: { 0: 'printed' },
  }).action(async () => {
    const { schema } = await import('./schema.js');
    process.exitCode = await schema();
  });
}
