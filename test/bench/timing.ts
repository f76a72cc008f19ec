import { execa } from 'execa';
import type { Rounds } from './figure.js';

/** Seconds that the work took. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Runs a command to its end, whose output nobody reads; fails if it fails, unless its exit code is `allowed`. */
export async function command(
  [file, ...args]: [string, ...string[]],
  {
    env = {},
    allowed = [0],
    directory,
  }: { env?: Record<string, string>; allowed?: readonly number[]; directory?: string } = {},
): Promise<void> {
  const { exitCode, stderr } = await execa(file, args, {
    env,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    ...(directory !== undefined && { cwd: directory }),
  });
  if (exitCode === undefined || !allowed.includes(exitCode))
    throw new Error(`${file} ${args.join(' ')} ended with ${String(exitCode)}: ${stderr}`);
}

interface Sides {
  ours: (round: number) => Promise<number>;
  bare: (round: number) => Promise<number>;
}

/** Runs both sides round by round, taking turns at going first. Each answers with its seconds. */
export async function interleaved(rounds: number, sides: Sides): Promise<Rounds> {
  const taken: Rounds = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const side of turnsOf(round)) taken[side].push(await sides[side](round));
  }
  return taken;
}

/** Which side goes first in a round. */
export const turnsOf = (round: number): readonly (keyof Sides)[] =>
  round % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare'];
