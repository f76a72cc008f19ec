import { join } from 'node:path';
import { execa } from 'execa';
import type { FtsExit } from '../cli/fts.js';

/** A compiled file of this build; the harness runs from the build, too. */
export const program = (file: string): string => join(import.meta.dirname, '..', '..', file);

export const FTS = program('src/cli/main.js');

/** Runs `fts` to its end. */
export async function runFts(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<FtsExit> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [FTS, ...args], {
    env: environment,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
  });
  return { exitCode: exitCode ?? null, stdout, stderr };
}
