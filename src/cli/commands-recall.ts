import type { Command } from 'commander';
import { type CommonOptions, NO_TEMPORAL, described, positiveInteger } from './command.js';

/** The command that brings a graduated project back. */
export function registerRecallCommand(program: Command): void {
  described(program.command('recall <project>'), {
    summary: 'bring a graduated project back to where work is done',
    about:
      'PROJECT is its name in the archive. It comes back whole or not at all, never over something of its name, and ' +
      "counts as active from then on. The archive's copy stays hidden for the graduation's keepSource. Ctrl-C leaves " +
      'the recall going.',
    examples: [
      'fts recall thesis',
      'fts recall thesis --plan',
      'fts recall thesis --job flux-graduation --json',
    ],
    exitCodes: {
      0: 'the project is back; with --plan: it would come back',
      1: 'it could not be brought back, and is in the archive as before',
      2: 'the request or the estate is wrong; no archive has it, or several have',
      ...NO_TEMPORAL,
      130: 'interrupted with Ctrl-C; the recall goes on',
    },
    json: true,
  })
    .option('--job <job>', 'the graduation whose archive is meant, where several have such a project')
    .option('--plan', 'only say what would be done: files, bytes, from, to, conflicts')
    .option('--detach', 'do not wait for the end')
    .option(
      '--timeout <seconds>',
      'give up when no worker polls for so long (with --json: 60)',
      positiveInteger,
    )
    .action(async function (this: Command, project: string) {
      type Given = CommonOptions & { job?: string; plan?: boolean; detach?: boolean; timeout?: number };
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<Given>();
      const { recall } = await import('./recall.js');
      process.exitCode = await recall({
        ...{ json: false, plan: false, detach: false },
        ...options,
        project,
        timeoutSeconds,
      });
    });
}
