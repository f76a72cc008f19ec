import { join } from 'node:path';
import type { Answer } from '../scenario.js';
import { namesIn } from '../senses.js';
import type { World } from '../world.js';
import { type Tree, difference, treeAt } from './tree.js';

export const repositoryOf = ({ space }: World): string => join(space, 'local');
export const dataOf = ({ flux }: World): string => join(flux, 'data');

/** Who reads a repository may lock it. */
export const isLock = (name: string): boolean => name === 'locks';

/** A run that reads only: the repository and the data as they were before it. */
export interface Reading {
  /** A check, or a drill. */
  job: 'look' | 'try';
  /** Whether the repository is what was stored. */
  isWhole: boolean;
  repository: Tree;
  data: Tree;
}

/** At any time: neither the repository nor the data is touched. */
export async function checkStill(world: World, { repository, data }: Reading): Promise<string[]> {
  const now = {
    repository: await treeAt(repositoryOf(world), { skip: isLock }),
    data: await treeAt(dataOf(world)),
  };
  const problems = {
    repository: now.repository ? difference(repository, now.repository) : 'it is gone',
    data: now.data ? difference(data, now.data) : 'it is gone',
  };
  return Object.entries(problems).flatMap(([what, problem]) =>
    problem === undefined ? [] : [`the ${what} is not as it was: ${problem}`],
  );
}

interface ReadingResult {
  /** Of a check. */
  errors?: number;
  covered?: { share?: number };
  /** Of a drill. */
  compared?: { files: number };
}

/** After the run: all was read if it says so, damage was found, and the scratch place of a drill is gone. */
export function checkRead(world: World, { job, isWhole }: Reading, answers: readonly Answer[]): string[] {
  const violations: string[] = [];
  const complete = answers.filter(({ outcome }) => outcome === 'complete');
  if (!isWhole && complete.length > 0) violations.push(`${job} passed, and the repository is damaged`);
  for (const { result } of complete) {
    const { errors, covered, compared } = (result ?? {}) as ReadingResult;
    const isAll = job === 'look' ? errors === 0 && covered?.share === 1 : (compared?.files ?? 0) > 0;
    if (!isAll) violations.push(`${job} is complete and read not all: ${JSON.stringify(result)}`);
  }
  const left = namesIn(join(world.flux, '.fts', 'drill'));
  return left.length === 0 ? violations : [...violations, `the scratch place holds ${left.join()}`];
}
