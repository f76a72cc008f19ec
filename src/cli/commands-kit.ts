import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../domain/usage-error.js';
import { type CommonOptions, described } from './command.js';

/** The command that writes the recovery kit, and looks into one. */
export function registerKitCommand(program: Command): void {
  described(program.command('kit [file]'), {
    summary: 'write an encrypted recovery kit: what a new machine needs to get at the backups',
    about:
      'The estate, where the repositories and remotes are, and the secrets that this host has, in one file that ' +
      '`age --decrypt` opens without this product. The passphrase is asked for on the terminal. Keep both away from this machine.',
    examples: [
      'fts kit /media/usb/kit.age',
      'fts kit --list /media/usb/kit.age',
      'fts kit --verify /media/usb/kit.age',
      'fts kit --force --passphrase-file /root/kit-passphrase /media/usb/kit.age',
    ],
    exitCodes: {
      0: 'written; with --verify: it opens, and nothing is known to be out of date',
      1: 'written, and secrets are missing in it, each named; with --verify: missing or out of date',
      2: 'the request or the estate is wrong; the passphrase does not open it; nothing was written',
      130: 'interrupted with Ctrl-C; nothing was written',
    },
    json: true,
  })
    .option('--list', 'open FILE, and say what is in it; tells names, and no value')
    .option('--verify', 'besides, whether the estate and its secrets changed since')
    .option('--force', 'replace FILE if it is there')
    .option('--passphrase-file <file>', 'take the passphrase from a file that only its owner can read')
    .option('--passphrase-fd <number>', 'take the passphrase from an open file descriptor', descriptor)
    .action(async function (this: Command, file: string | undefined) {
      type Given = CommonOptions & {
        list?: boolean;
        verify?: boolean;
        force?: boolean;
        passphraseFile?: string;
        passphraseFd?: number;
      };
      const { list = false, verify = false, ...options } = this.optsWithGlobals<Given>();
      if ([list, verify, options.force].filter(Boolean).length > 1)
        throw new UsageError('--list, --verify and --force exclude each other');
      if (!list && !verify) {
        const { kit } = await import('./kit.js');
        process.exitCode = await kit({ json: false, force: false, ...options, file });
        return;
      }
      if (file === undefined) throw new UsageError('which kit? name its FILE');
      const { listKit, verifyKit } = await import('./kit-look.js');
      process.exitCode = await (list ? listKit : verifyKit)({ json: false, ...options, file });
    });
}

/** Parses the number of a file descriptor. */
function descriptor(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It takes the number of a file descriptor.');
  return Number(text);
}
