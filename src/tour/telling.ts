import { isAbsolute, relative } from 'node:path';

/** The heading of the next step; they count themselves. */
export function say(title: string): void {
  step += 1;
  process.stdout.write(`\n${String(step)}. ${title}\n`);
}

let step = 0;

/** What happens within a step. */
export function tell(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`   ${line}\n`);
}

/** A path as a person in the checkout would type it. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
