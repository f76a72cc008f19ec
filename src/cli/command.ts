import { type Command, InvalidArgumentError } from 'commander';

/** Options that many commands share, as commander hands them over. */
export interface CommonOptions {
  estate?: string;
  json?: boolean;
}

/** What the help of a command tells beside its options. */
export interface CommandHelp {
  summary: string;
  /** What else there is to know. */
  about?: string;
  examples: readonly string[];
  /** Exit codes and what each means for this command. */
  exitCodes: Readonly<Record<number, string>>;
  /** The command answers programs with one JSON object. */
  json?: boolean;
}

/** Exit codes that mean the same for most commands. */
export const WRONG_REQUEST = { 2: 'the request or the estate is wrong' };
export const NO_TEMPORAL = { 3: 'Temporal cannot be reached' };

/** Gives a command its help: summary, examples and exit codes. */
export function described(
  command: Command,
  { summary, about, examples, exitCodes, json }: CommandHelp,
): Command {
  command.summary(summary).description(about === undefined ? summary : `${summary}\n\n${about}`);
  if (json === true) command.option('--json', 'print one JSON object, for programs');
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  const lines = [
    '',
    'Examples:',
    ...examples.map((example) => `  $ ${example}`),
    '',
    'Exit codes:',
    ...codes,
  ];
  return command.addHelpText('after', lines.join('\n'));
}

/** Parses a whole number, at least one, from an option. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It takes a whole number, at least 1.');
  return Number(text);
}

/** Parses a TCP port from an option. */
export function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 65_535) throw new InvalidArgumentError('It takes a port, 1 to 65535.');
  return number;
}
