import type { NamedProblem } from '../../domain/job.js';
import { printableName } from '../../domain/names.js';
import type { PurgeProblems } from '../../domain/purge.js';

const NAMED = 25;

/** No longer than this in a result, which has a limit of its own (characters). */
const LONGEST_PATH = 120;

/** What could not be done to some entries: counted, the first ones named. */
export class ProblemList {
  #count = 0;
  readonly #first: NamedProblem[] = [];

  add(path: readonly Buffer[], error: unknown): void {
    this.#count += 1;
    if (this.#first.length >= NAMED) return;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.#first.push({ ...shortPath(path), message: code });
  }

  summary(): PurgeProblems {
    return { count: this.#count, first: this.#first };
  }
}

/** A path that can be shown. Of a long one the end, which tells most. */
export function shortPath(path: readonly Buffer[]): { path: string; encoded?: true } {
  const whole = printableName(
    Buffer.concat(path.flatMap((name, index) => (index === 0 ? [name] : [SLASH, name]))),
  );
  if (whole.path.length <= LONGEST_PATH) return whole;
  return { ...whole, path: `…${whole.path.slice(1 - LONGEST_PATH)}` };
}

export const SLASH = Buffer.from('/');
