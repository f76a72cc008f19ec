import { type Command, InvalidArgumentError } from 'commander';
import { type Bounds, namesFolder } from '../domain/hold.js';
import { DURATION_SYNTAX, SIZE_SYNTAX, parseDuration, parseSize } from '../domain/units.js';
import { type CommonOptions, NO_TEMPORAL, WRONG_REQUEST, described, positiveInteger } from './command.js';

/** How long an approval is good for unless told (seconds). */
const DEFAULT_EXPIRY_SECONDS = 86_400;

/** Commands that answer a held run. */
export function registerHoldCommands(program: Command): void {
  described(program.command('approve <id>'), {
    summary: 'let a held plan pass, and follow the run that carries it out',
    about:
      'ID is the name of a job or its workflow id. Without bounds exactly the held plan is approved, else any plan ' +
      "within them. An approval is good for one run. From another machine than the job's host it needs --key.",
    examples: [
      'fts approve scratch-purge',
      'fts approve scratch-purge --prefix old/2019 --max-files 500',
      'fts approve scratch-purge --key ~/.ssh/id_ed25519',
    ],
    exitCodes: {
      0: 'the run is complete',
      1: 'it failed, was cancelled, or is partial; or the approval is not valid',
      2: 'the request or the estate is wrong, or nothing is held',
      ...NO_TEMPORAL,
      4: 'the plan went beyond what was approved, and is held again',
      130: 'interrupted with Ctrl-C; the run goes on',
    },
    json: true,
  })
    .option('--prefix <path>', "only what lies under this path, relative to the job's folder", folder)
    .option('--max-files <count>', 'so many files at most', positiveInteger)
    .option('--max-bytes <size>', 'so much at most, such as 10 GiB', size)
    .option('--expires <duration>', 'how long it is good for, such as 2h (24h)', duration)
    .option('--key <file>', 'sign it with an ed25519 key that `operators` in the estate names')
    .option(
      '--timeout <seconds>',
      'give up when no worker polls for so long (with --json: 60)',
      positiveInteger,
    )
    .action(async function (this: Command, id: string) {
      type Given = CommonOptions & Bounds & { expires?: number; key?: string; timeout?: number };
      const { prefix, maxFiles, maxBytes, expires, timeout, ...options } = this.optsWithGlobals<Given>();
      const { approve } = await import('./approve.js');
      process.exitCode = await approve({
        json: false,
        ...options,
        id,
        bounds: { prefix, maxFiles, maxBytes },
        expiresSeconds: expires ?? DEFAULT_EXPIRY_SECONDS,
        timeoutSeconds: timeout,
      });
    });

  described(program.command('reject <id>'), {
    summary: 'close a hold: nothing of its plan is done',
    about: 'ID is the name of a job or its workflow id. The next run plans anew.',
    examples: ['fts reject scratch-purge'],
    exitCodes: { 0: 'rejected', ...WRONG_REQUEST },
    json: true,
  }).action(async function (this: Command, id: string) {
    const { reject } = await import('./reject.js');
    process.exitCode = await reject({ json: false, ...this.optsWithGlobals<CommonOptions>(), id });
  });
}

/** `10 GiB`, or a plain number of bytes. */
function size(text: string): number {
  const bytes = /^\d{1,15}$/.test(text) ? Number(text) : parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(`It takes ${SIZE_SYNTAX}.`);
  return bytes;
}

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError(`It takes ${DURATION_SYNTAX}.`);
  return seconds;
}

function folder(text: string): string {
  if (namesFolder(text)) return text;
  throw new InvalidArgumentError(
    "It takes a folder below the job's; without bounds the held plan is approved.",
  );
}
