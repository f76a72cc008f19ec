import type { Command } from 'commander';
import { type CommonOptions, NO_TEMPORAL, described, positiveInteger } from './command.js';

/** The command that brings a lost volume back, and says from what that could be done. */
export function registerRebuildCommand(program: Command): void {
  described(program.command('rebuild [volume]'), {
    summary: 'bring a lost volume back, the newest projects first; or say from what it could be had',
    about:
      'The volume has to be there again: mounted, and provisioned (`fts provision VOLUME`). It comes back from the newest ' +
      'complete snapshot or mirror of it, unless one is named, part by part: projects first, the newest first. What is ' +
      'there already stays as it is. Ctrl-C leaves the rebuild going; one that did not end goes on when it is run again. ' +
      'With --plan, for each volume: what has it, from when until when, what would be gone, and of a named one the order. ' +
      'That looks only, on the host that has the secrets.',
    examples: [
      'fts rebuild --plan',
      'fts rebuild flux --plan --json',
      'fts rebuild flux',
      'fts rebuild space --remote space-mirror --at "yesterday 18:00" --yes --json',
    ],
    exitCodes: {
      0: 'it is back, and verified; with --plan: said, whether it is enough is for you to judge',
      1: 'parts did not come back, or none; with --plan: a repository could not be looked into, and counts as not there',
      2: 'the request or the estate is wrong: no such volume or snapshot, no room; nothing was written',
      ...NO_TEMPORAL,
      5: 'you were asked, and said no',
      130: 'interrupted with Ctrl-C; the rebuild goes on',
    },
    json: true,
  })
    .option(
      '--at <time>',
      'as it was then: the newest snapshot until that time, or the mirror as it was (B2)',
    )
    .option('--snapshot <id>', 'from this snapshot: its id, the beginning of one, or latest')
    .option('--repository <name>', 'from this repository')
    .option('--remote <name>', 'from the mirror on this remote')
    .option('--restart', 'plan anew, and do not go on with a rebuild that did not end')
    .option('--plan', 'only say it: nothing is written')
    .option('--yes', 'do not ask')
    .option('--detach', 'do not wait for the end')
    .option(
      '--timeout <seconds>',
      'give up when no worker polls for so long (with --json: 60)',
      positiveInteger,
    )
    .action(async function (this: Command, volume: string | undefined) {
      type Given = CommonOptions & {
        at?: string;
        snapshot?: string;
        repository?: string;
        remote?: string;
        restart?: boolean;
        plan?: boolean;
        yes?: boolean;
        detach?: boolean;
        timeout?: number;
      };
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<Given>();
      const { rebuild } = await import('./rebuild.js');
      process.exitCode = await rebuild({
        ...{ json: false, plan: false, yes: false, detach: false, restart: false },
        ...options,
        volume,
        timeoutSeconds,
      });
    });
}
