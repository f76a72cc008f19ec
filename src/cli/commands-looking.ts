import type { Command } from 'commander';
import { type CommonOptions, WRONG_REQUEST, described, positiveInteger } from './command.js';

const LOOK_CODES = {
  ...WRONG_REQUEST,
  130: 'interrupted with Ctrl-C',
};

const REPOSITORY = '--repository <name>';
const LIMIT = '--limit <count>';
const AT = '--at <time>';
const AT_MEANS = 'the newest snapshot until then: 2026-11-21, "yesterday 18:00", "3 hours ago", …';

/** Commands that look into repositories and mirrors. They run on the host that has the secrets, and lock nothing. */
export function registerLookingCommands(program: Command): void {
  described(program.command('snapshots [repository]'), {
    summary: 'list the snapshots of the repositories of this host, newest first',
    examples: ['fts snapshots', 'fts snapshots flux-b2 --limit 20', 'fts snapshots --json'],
    exitCodes: { 0: 'listed', 1: 'a repository could not be looked into', ...LOOK_CODES },
    json: true,
  })
    .option(LIMIT, 'list so many at most', positiveInteger)
    .action(async function (this: Command, repository?: string) {
      const { snapshots } = await import('./snapshots.js');
      const options = this.optsWithGlobals<CommonOptions & { limit?: number }>();
      process.exitCode = await snapshots({ json: false, ...options, repository });
    });

  described(program.command('ls'), {
    summary: 'list a folder of a volume as a snapshot or a mirror has it',
    about:
      'PATH is VOLUME/PATH. SNAPSHOT is an id or the beginning of one; without it the newest snapshot of the volume ' +
      'counts, or with --at the newest until then. A volume that no job saves to a repository is listed as its mirror ' +
      'has it; with --at as it was then, on B2.',
    examples: [
      'fts ls flux/active/thesis',
      'fts ls 4f1c2d3e flux/active',
      'fts ls --at "yesterday 18:00" flux/active/thesis --recursive',
      'fts ls --remote space-mirror --at yesterday space/projects',
    ],
    exitCodes: { 0: 'listed', 1: 'the repository could not be looked into', ...LOOK_CODES },
    json: true,
  })
    .argument('<snapshot-or-path>', 'a snapshot, or the path')
    .argument('[path]', 'VOLUME/PATH, after a snapshot')
    .option(AT, AT_MEANS)
    .option(REPOSITORY, 'look into this repository only')
    .option('--remote <name>', 'look into the mirror on this remote, with --at as it was then (B2)')
    .option('--recursive', 'list what is in folders of the folder, too')
    .option(LIMIT, 'list so many entries at most (200; with --json 100000)', positiveInteger)
    .action(async function (this: Command, first: string, second?: string) {
      type Given = CommonOptions & {
        at?: string;
        repository?: string;
        remote?: string;
        recursive?: boolean;
        limit?: number;
      };
      const { ls } = await import('./ls.js');
      process.exitCode = await ls({
        ...{ json: false, recursive: false },
        ...this.optsWithGlobals<Given>(),
        ...(second === undefined ? { path: first } : { snapshot: first, path: second }),
      });
    });

  described(program.command('find <pattern>'), {
    summary: 'list the versions of files in all snapshots and mirrors of this host',
    about:
      'PATTERN is a name with * ? [a-z], or, with a slash, a path: the end of one, or VOLUME/PATH as a whole. For each file ' +
      'its distinct versions are listed, the newest first: when it was changed, its size, and where it is. On B2, versions ' +
      'that were deleted or overwritten are found for as long as the bucket keeps them.',
    examples: [
      'fts find thesis.tex',
      'fts find "flux/active/thesis/*.tex"',
      'fts find -i "*.jpg" --repository flux-b2 --json',
    ],
    exitCodes: {
      0: 'searched, whatever was found',
      1: 'a repository or mirror could not be searched',
      ...LOOK_CODES,
    },
    json: true,
  })
    .option(REPOSITORY, 'search this repository only')
    .option('--remote <name>', 'search this mirror only')
    .option('-i, --ignore-case', 'upper and lower case are the same')
    .option(LIMIT, 'list so many files at most (50; with --json 10000)', positiveInteger)
    .action(async function (this: Command, pattern: string) {
      type Given = CommonOptions & {
        repository?: string;
        remote?: string;
        ignoreCase?: boolean;
        limit?: number;
      };
      const { find } = await import('./find.js');
      process.exitCode = await find({
        ...{ json: false, ignoreCase: false },
        ...this.optsWithGlobals<Given>(),
        pattern,
      });
    });

  described(program.command('diff <a> <b> [path]'), {
    summary: 'list what changed from one snapshot to another',
    about:
      'A and B are ids of snapshots of one repository, beginnings of ids, or `latest`. With PATH (VOLUME/PATH) only what is ' +
      'below it is compared, wherever each of the snapshots has it.',
    examples: [
      'fts diff 4f1c2d3e latest',
      'fts diff 4f1c2d3e latest flux/active/thesis',
      'fts diff 4f1c 77aa --metadata --json',
    ],
    exitCodes: {
      0: 'compared, whatever differs',
      1: 'the repository could not be looked into',
      ...LOOK_CODES,
    },
    json: true,
  })
    .option(REPOSITORY, 'the repository that holds both')
    .option('--metadata', 'also list what changed in modes, owners and times only')
    .option(LIMIT, 'list so many changes at most (200; with --json 100000)', positiveInteger)
    .action(async function (this: Command, source: string, target: string, path?: string) {
      type Given = CommonOptions & { repository?: string; metadata?: boolean; limit?: number };
      const { diff } = await import('./diff.js');
      process.exitCode = await diff({
        ...{ json: false, metadata: false },
        ...this.optsWithGlobals<Given>(),
        ...{ source, target, path },
      });
    });

  described(program.command('browse'), {
    summary: 'mount a repository to look around in it, until Ctrl-C',
    about:
      'FOLDER is empty, or is made; the folder `snapshots/latest` in it is the newest snapshot. Nothing can be changed there. ' +
      'It needs FUSE (fuse3). --json prints one object when the repository is mounted.',
    examples: ['fts browse flux-local /mnt/look', 'fts browse ~/look'],
    exitCodes: {
      0: 'unmounted, by `umount` or because the process was asked to end',
      1: 'the repository could not be mounted',
      ...WRONG_REQUEST,
      130: 'unmounted after Ctrl-C',
    },
    json: true,
  })
    .argument('<repository-or-folder>', 'the repository, or, where there is but one, the folder')
    .argument('[folder]', 'where to mount it')
    .action(async function (this: Command, first: string, second?: string) {
      const { browse } = await import('./browse.js');
      process.exitCode = await browse({
        json: false,
        ...this.optsWithGlobals<CommonOptions>(),
        ...(second === undefined ? { folder: first } : { repository: first, folder: second }),
      });
    });
}
