import type { Command } from 'commander';
import { type CommonOptions, WRONG_REQUEST, described } from './command.js';

/** The command that says what there is to rebuild a lost volume from. */
export function registerRebuildCommand(program: Command): void {
  described(program.command('rebuild [volume]'), {
    summary: 'say from what, and until when, a volume could be had back if its drive were lost',
    about:
      'For each volume: the repositories and mirrors that have it, from when until when, what they leave out, whether ' +
      'they would be lost with it, and what would be gone. Looks only, on the host that has the secrets.',
    examples: ['fts rebuild --plan', 'fts rebuild flux --plan --json'],
    exitCodes: {
      0: 'said; whether it is enough is for you to judge',
      1: 'a repository of this host could not be looked into, and counts as if it were not there',
      ...WRONG_REQUEST,
    },
    json: true,
  })
    .option('--plan', 'only say it: this release does no more')
    .action(async function (this: Command, volume: string | undefined) {
      const { rebuild } = await import('./rebuild.js');
      const options = this.optsWithGlobals<CommonOptions & { plan?: boolean }>();
      process.exitCode = await rebuild({ json: false, plan: false, ...options, volume });
    });
}
