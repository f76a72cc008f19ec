import type { RunError } from '../domain/job.js';
import { paintFor } from './colour.js';
import { printableText } from './format.js';

/** The one JSON object of a `--json` command. Called once, as the last thing a command does. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A result for people. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Anything that is not the result: progress, what is waited for, what to do next. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** An error for people: what went wrong, and what to do next. */
export function printError({ message, hint }: Pick<RunError, 'message' | 'hint'>): void {
  const paint = paintFor(process.stderr);
  note(`${paint('red', 'error:')} ${printableText(message)}`);
  if (hint !== undefined) note(`${paint('cyan', 'hint:')} ${printableText(hint)}`);
}
