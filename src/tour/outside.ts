import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A snapshot as plain restic shows it. */
export interface SeenSnapshot {
  id: string;
  time: string;
  tags?: string[];
  paths: string[];
}

/** A repository seen from outside: plain restic, and nothing of this product. */
export function plainRestic(restic: string, repository: string, password: string) {
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await execa(restic, ['--repo', repository, ...args], {
      env: { RESTIC_PASSWORD: password },
    });
    return stdout;
  };
  return {
    /** Oldest first. */
    async snapshots(): Promise<SeenSnapshot[]> {
      const found = JSON.parse(await run('snapshots', '--json')) as SeenSnapshot[];
      return found.sort((a, b) => a.time.localeCompare(b.time));
    },
    /** Reads every byte of the repository; rejects if one is not what was stored. */
    async check(): Promise<void> {
      await run('check', '--read-data');
    },
    /** Brings one file of a snapshot back into a folder of its own and returns where it is. */
    async restore(snapshot: string, path: string, target: string): Promise<string> {
      await rm(target, { recursive: true, force: true });
      await run('restore', snapshot, '--include', path, '--target', target);
      return join(target, path);
    },
  };
}

export const sha256Of = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
