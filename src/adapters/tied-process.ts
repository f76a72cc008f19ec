import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface TiedProcessOptions {
  environment?: NodeJS.ProcessEnv;
  stdio: StdioOptions;
  /** What the program gets when this process ends; TERM unless said otherwise. */
  deathSignal?: 'TERM' | 'KILL';
  /** In a process group of its own, so that Ctrl-C at the terminal reaches only the parent. */
  ownGroup?: boolean;
}

/**
 * Starts a program that gets a signal when this process ends in whatever way, SIGKILL included (Linux with util-linux;
 * elsewhere only what the parent itself sends). From the main thread only: the tie is to the thread.
 */
export function startTied(file: string, args: readonly string[], options: TiedProcessOptions): ChildProcess {
  const { environment = process.env, stdio, ownGroup = false, deathSignal = 'TERM' } = options;
  const setpriv = process.platform === 'linux' ? onPath('setpriv', environment) : undefined;
  const [command, ...rest] =
    setpriv === undefined ? [file, ...args] : [setpriv, '--pdeathsig', deathSignal, file, ...args];
  return spawn(command, rest, { env: environment, stdio, detached: ownGroup });
}

function onPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
