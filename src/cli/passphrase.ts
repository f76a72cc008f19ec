import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { registerSecret } from '../adapters/redaction.js';
import { errnoOf } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';

/** Where a passphrase comes from, other than the terminal. Never an argument or a variable: others can read those. */
export interface PassphraseSource {
  passphraseFile?: string | undefined;
  /** An open file descriptor. */
  passphraseFd?: number | undefined;
}

/** Fewer characters are guessed by whoever finds the file. */
const SHORTEST = 10;

/** Asks for a new passphrase, on a terminal twice. Throws `UsageError` for one that is too short. */
export async function newPassphrase(source: PassphraseSource): Promise<string> {
  const given = await givenPassphrase(source);
  if (given !== undefined) return longEnough(given);
  return onTerminal(async (ask) => {
    const passphrase = longEnough(await ask('Passphrase for the kit: '));
    if ((await ask('The same again: ')) === passphrase) return passphrase;
    throw new UsageError('the two passphrases differ, and nothing was written');
  });
}

function longEnough(passphrase: string): string {
  if (passphrase.length >= SHORTEST) return passphrase;
  throw new UsageError(`the passphrase has fewer than ${String(SHORTEST)} characters`, {
    hint: 'take several words, and write them down where this machine does not take them along',
  });
}

/** The passphrase of a kit that is there. */
export const knownPassphrase = async (source: PassphraseSource): Promise<string> =>
  (await givenPassphrase(source)) ?? onTerminal((ask) => ask('Passphrase of the kit: '));

async function givenPassphrase({
  passphraseFile,
  passphraseFd,
}: PassphraseSource): Promise<string | undefined> {
  if (passphraseFile !== undefined && passphraseFd !== undefined)
    throw new UsageError('--passphrase-file and --passphrase-fd exclude each other');
  if (passphraseFile !== undefined) return firstLine(await readPrivate(passphraseFile));
  if (passphraseFd !== undefined) return firstLine(await readDescriptor(passphraseFd));
  if (!process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask for the passphrase', {
      hint: 'give --passphrase-file FILE (chmod 600), or --passphrase-fd N',
    });
  return undefined;
}

function firstLine(text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  if (line === '') throw new UsageError('the passphrase is empty');
  registerSecret(line);
  return line;
}

async function readPrivate(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new UsageError(`others can read the passphrase file ${file}`, { hint: `chmod 600 ${file}` });
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    throw new UsageError(`the passphrase file ${file} cannot be read (${code})`);
  }
}

async function readDescriptor(fd: number): Promise<string> {
  let text = '';
  try {
    for await (const part of createReadStream('', { fd, encoding: 'utf8' })) text += String(part);
  } catch (error) {
    throw new UsageError(
      `no passphrase can be read from file descriptor ${String(fd)} (${errnoOf(error) ?? 'it failed'})`,
    );
  }
  return text;
}

type Ask = (question: string) => Promise<string>;

/**
 * Asks on the terminal, without showing what is typed, from before the first question until after the last. Ctrl-C ends
 * the process, as nothing is done yet.
 */
async function onTerminal(converse: (ask: Ask) => Promise<string>): Promise<string> {
  const unseen = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  terminal.once('SIGINT', () => {
    terminal.close();
    process.exit(ExitCode.interrupted);
  });
  const lines: string[] = []; // more than one may come at once
  let hear: ((line: string | undefined) => void) | undefined;
  let hasEnded = false;
  terminal.on('line', (line) => {
    if (hear) hear(line);
    else lines.push(line);
  });
  terminal.once('close', () => {
    hasEnded = true;
    hear?.(undefined);
  });
  const next = (): Promise<string | undefined> => {
    if (lines.length > 0 || hasEnded) return Promise.resolve(lines.shift());
    return new Promise((resolve) => {
      hear = (line) => {
        hear = undefined;
        resolve(line);
      };
    });
  };
  const ask: Ask = async (question) => {
    process.stderr.write(question);
    const line = await next();
    if (line === undefined) throw new UsageError('no passphrase was given');
    process.stderr.write('\n');
    registerSecret(line);
    return line;
  };
  try {
    return await converse(ask);
  } finally {
    terminal.close();
  }
}
