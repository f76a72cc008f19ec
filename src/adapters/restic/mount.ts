import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { readMounts } from '../mountinfo.js';
import { ResticExit, resticFailure } from './failure.js';
import type { ResticRepository } from './repository.js';
import { missing } from './snapshots.js';
import { runTool } from '../tool.js';
import { inheritedEnvironment } from '../tool-command.js';

/** FUSE's own programs, the newer first. */
const FUSERMOUNT = ['fusermount3', 'fusermount'] as const;

/** Fails with `ToolMissing` where this machine cannot mount with FUSE, saying what is missing. Linux only. */
export async function requireFuse(environment: NodeJS.ProcessEnv): Promise<void> {
  if (process.platform !== 'linux') return;
  const hint = 'sudo apt install fuse3';
  await access('/dev/fuse', constants.R_OK | constants.W_OK).catch((error: unknown) => {
    const why =
      error instanceof Error && 'code' in error && error.code === 'EACCES'
        ? 'may not be opened'
        : 'is not there';
    throw new FtsError('ToolMissing', `this machine cannot mount with FUSE: /dev/fuse ${why}`, hint);
  });
  if ((await fusermount(environment)) === undefined)
    throw new FtsError('ToolMissing', 'this machine cannot mount with FUSE: it has no fusermount3', hint);
}

async function fusermount({ PATH = '' }: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const name of FUSERMOUNT) {
    for (const folder of PATH.split(delimiter)) {
      const file = join(folder, name);
      const found = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found && folder !== '') return file;
    }
  }
  return undefined;
}

/** Whether a restic repository is mounted at a folder, alive or not. */
export const isMounted = async (folder: string): Promise<boolean> =>
  process.platform === 'linux' &&
  (await readMounts()).some(
    ({ mountpoint, type, source }) => mountpoint === folder && type.startsWith('fuse') && source === 'restic',
  );

export interface MountCall {
  /** Absolute, real, empty. */
  folder: string;
  /** Ends it. */
  signal: AbortSignal;
  onMounted: () => void;
}

/**
 * Mounts a repository, for reading, and returns when it is mounted no more: aborted, or unmounted by somebody. Takes no
 * lock. restic unmounts when it ends and ends when this process does; a mount that is in use then is detached.
 */
export async function mountRepository(
  repository: ResticRepository,
  { folder, signal, onMounted }: MountCall,
): Promise<void> {
  const watch = await unmountOnDeath(folder);
  try {
    const { exitCode, stderr } = await runTool({
      file: repository.restic,
      args: [...repository.options, 'mount', '--no-lock', '--', folder],
      environment: repository.environment,
      ...(repository.directory !== undefined && { directory: repository.directory }),
      signal,
      onStdout: (line) => {
        if (line.startsWith('Now serving')) onMounted();
      },
    });
    if (exitCode === ResticExit.noRepository) throw missing(repository);
    if (exitCode !== ResticExit.complete) throw resticFailure(repository.name, exitCode, stderr);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await detach(folder);
    watch.end();
  }
}

/**
 * Sees to it that the folder is unmounted whatever this process dies of: restic, which is told to end then, dies of the
 * first word that it writes to a process that is no more, or finds the mount in use. xargs waits for the end of its
 * input, which is the end of this process, and starts fusermount.
 */
async function unmountOnDeath(folder: string): Promise<{ end: () => void }> {
  const file = process.platform === 'linux' ? await fusermount(process.env) : undefined;
  if (file === undefined) return { end: () => undefined };
  const xargs = spawn('xargs', ['--null', file, '-u', '-z', '--'], {
    ...{ cwd: '/', detached: true, env: inheritedEnvironment() }, // Ctrl-C at the terminal is not meant for it
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  xargs.on('error', () => undefined); // without it the mount is only removed in the ordinary way
  xargs.stdin.on('error', () => undefined);
  xargs.stdin.write(`${folder}\0`);
  return { end: () => void xargs.kill('SIGKILL') };
}

/** Removes a mount of restic's that is left, also one that somebody stands in. Does nothing where there is none. */
export async function detach(folder: string): Promise<void> {
  if (!(await isMounted(folder))) return;
  const file = await fusermount(process.env);
  if (file !== undefined) await runTool({ file, args: ['-u', '-z', '--', folder] });
}
