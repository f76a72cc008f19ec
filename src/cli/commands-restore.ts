import { type Command, Option } from 'commander';
import { CONFLICT_POLICIES, type ConflictPolicy } from '../domain/restore.js';
import { type CommonOptions, NO_TEMPORAL, described, positiveInteger } from './command.js';

/** The command that brings files back. */
export function registerRestoreCommand(program: Command): void {
  described(program.command('restore <path...>'), {
    summary: 'bring files back from a snapshot or a mirror',
    about:
      'PATH is VOLUME/PATH, or VOLUME alone for all of it. It comes from the newest snapshot of it, or from the mirror ' +
      'if no job saves the volume to a repository. Without --target and --in-place it comes back in a new folder ' +
      'beside the original, and nothing is overwritten. Everything is fetched and verified before any of it has a ' +
      'name among your files. Ctrl-C leaves the restore going.',
    examples: [
      'fts restore flux/active/thesis --at "yesterday 18:00"',
      'fts restore flux/active/thesis/notes.md --plan',
      'fts restore flux/active/thesis --in-place --conflict replace',
      'fts restore space/media/film.mkv --at "3 days ago" --remote space-mirror',
      'fts restore flux --snapshot 1a2b3c4d --target /mnt/new/flux --json',
    ],
    exitCodes: {
      0: 'it is back, and verified; with --plan: it would be',
      1: 'it could not be brought back',
      2: 'the request or the estate is wrong: no such snapshot or path, target not empty, no room; nothing was written',
      ...NO_TEMPORAL,
      5: 'you were asked, and said no',
      130: 'interrupted with Ctrl-C; the restore goes on',
    },
    json: true,
  })
    .option(
      '--at <time>',
      'as it was then: the newest snapshot until that time ("yesterday 18:00", 2026-11-21)',
    )
    .option('--remote <name>', 'from the mirror on this remote, with --at as it was then (B2)')
    .option('--snapshot <id>', 'from this snapshot: its id, the beginning of one, or latest')
    .option('--repository <name>', 'from this repository, and not from all that the volume is saved to')
    .option(
      '--target <folder>',
      'into this folder, which is empty or does not exist: absolute, or VOLUME/PATH',
    )
    .option('--in-place', 'where it was')
    .addOption(
      new Option(
        '--conflict <how>',
        'in place, what becomes of a file that is there and differs (replace)',
      ).choices(CONFLICT_POLICIES),
    )
    .option('--plan', 'only say what would be done: files, bytes, conflicts')
    .option('--yes', 'do not ask')
    .option('--detach', 'do not wait for the end')
    .option(
      '--timeout <seconds>',
      'give up when no worker polls for so long (with --json: 60)',
      positiveInteger,
    )
    .action(async function (this: Command, paths: string[]) {
      type Given = CommonOptions & {
        at?: string;
        snapshot?: string;
        repository?: string;
        remote?: string;
        target?: string;
        inPlace?: boolean;
        conflict?: ConflictPolicy;
        plan?: boolean;
        yes?: boolean;
        detach?: boolean;
        timeout?: number;
      };
      const { timeout: timeoutSeconds, ...options } = this.optsWithGlobals<Given>();
      const { restore } = await import('./restore.js');
      process.exitCode = await restore({
        ...{ json: false, plan: false, yes: false, detach: false, inPlace: false },
        ...options,
        paths,
        timeoutSeconds,
      });
    });
}
