import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import type { B2Key } from './sandbox.js';

/** A snapshot as plain restic shows it. */
export interface SeenSnapshot {
  id: string;
  time: string;
  tags?: string[];
  paths: string[];
}

/** A repository that is looked at from outside. */
export interface SeenRepository {
  restic: string;
  location: string;
  password: string;
  /** For one behind rclone: the program, and the variables that declare its remotes. */
  rclone?: { file: string; environment: Record<string, string> };
}

/** A repository seen from outside: plain restic, and nothing of this product. */
export function plainRestic({ restic, location, password, rclone }: SeenRepository) {
  const program = rclone === undefined ? [] : ['-o', `rclone.program=${rclone.file}`];
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await execa(restic, [...program, '--repo', location, ...args], {
      env: { ...rclone?.environment, RESTIC_PASSWORD: password },
    });
    return stdout;
  };
  return {
    /** Oldest first. Unlocked it works with a key that may not delete, and so take no lock away again. */
    async snapshots({ locked = true } = {}): Promise<SeenSnapshot[]> {
      const lock = locked ? [] : ['--no-lock'];
      const found = JSON.parse(await run('snapshots', '--json', ...lock)) as SeenSnapshot[];
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

/** Declares the cloud to rclone as the remotes `backups:` and `mirror:`, as a person would do it. */
export const remoteVariables = (
  { backups, mirror }: { backups: B2Key; mirror: B2Key },
  endpoint: string,
): Record<string, string> => ({
  RCLONE_CONFIG: '/dev/null',
  ...remote('BACKUPS', backups, endpoint),
  ...remote('MIRROR', mirror, endpoint),
});

const remote = (name: string, { id, key }: B2Key, endpoint: string): Record<string, string> => ({
  [`RCLONE_CONFIG_${name}_TYPE`]: 'b2',
  [`RCLONE_CONFIG_${name}_ACCOUNT`]: id,
  [`RCLONE_CONFIG_${name}_KEY`]: key,
  [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint,
});

/** Files and bytes that plain rclone finds on a remote. */
export async function sizeOnRemote(
  rclone: string,
  environment: Record<string, string>,
  path: string,
): Promise<{ count: number; bytes: number }> {
  const { stdout } = await execa(rclone, ['size', '--json', '--fast-list', path], { env: environment });
  return JSON.parse(stdout) as { count: number; bytes: number };
}

/** Whether each file of a folder is on a remote with the same content, which plain rclone reads for that. */
export async function isOnRemote(
  rclone: string,
  environment: Record<string, string>,
  folder: string,
  path: string,
): Promise<boolean> {
  const args = ['check', '--one-way', '--download', folder, path];
  return (await execa(rclone, args, { env: environment, reject: false })).exitCode === 0;
}

/** The files below a folder, by relative path, with the SHA-256 of each. */
export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const hashes = files
    .sort()
    .map(async (file): Promise<[string, string]> => [relative(folder, file), await sha256Of(file)]);
  return new Map(await Promise.all(hashes));
}

export const sha256Of = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
