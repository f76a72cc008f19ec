import { ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** How a child that touches a disk ended. `hung`: it was given up, and may be there until its disk answers. */
export type ChildEnd =
  | { kind: 'ended'; exitCode: number | null; stdout: string; stderr: string }
  | { kind: 'hung' }
  | { kind: 'not-started'; message: string };

/**
 * Children that were given up and are still there, or something that they started and that holds their output, by
 * key. A hung disk must not collect one more at every look.
 */
const abandoned = new Set<string>();

/** Plenty for a report; a child that says more is not one of ours. */
const MAX_OUTPUT = 64 * 1024;

export interface ChildOptions {
  /** What it may hang on. */
  key: string;
  deadlineMs: number;
}

/**
 * Runs a command that may hang on a dead disk, where not even SIGKILL ends it: after `deadlineMs` it is killed and
 * abandoned, not awaited. While an abandoned one of the same `key` is still there, no other is started.
 */
export function runChild(
  file: string,
  args: readonly string[],
  { key, deadlineMs }: ChildOptions,
): Promise<ChildEnd> {
  if (isAbandoned(key)) return Promise.resolve({ kind: 'hung' });
  return new Promise((resolve) => {
    const child = startChild(file, args, 'ignore');
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(0, MAX_OUTPUT);
      });
    }
    const deadline = setTimeout(
      () => {
        abandon(child, key);
        resolve({ kind: 'hung' });
      },
      Math.max(1, deadlineMs),
    );
    child.once('error', (error) => {
      clearTimeout(deadline);
      resolve({ kind: 'not-started', message: error.message });
    });
    child.once('close', (exitCode) => {
      clearTimeout(deadline);
      resolve({ kind: 'ended', exitCode, ...output });
    });
  });
}

/** In a process group of its own, so that what it starts is killed with it. Nothing of the worker's environment. */
export function startChild(file: string, args: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess {
  return spawn(file, args, {
    detached: process.platform !== 'win32',
    stdio: [stdin, 'pipe', 'pipe'],
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
  });
}

export const isAbandoned = (key: string): boolean => abandoned.has(key);

/** Kills a child that does not answer, and waits for it no longer. */
export function abandon(child: ChildProcess, key: string): void {
  abandoned.add(key);
  child.once('close', () => abandoned.delete(key));
  kill(child.pid);
  handlesOf(child).forEach((handle) => handle.unref());
}

/** What keeps this process alive for a child's sake. A child's pipes are sockets, which their type does not tell. */
export const handlesOf = (child: ChildProcess): (Socket | ChildProcess)[] =>
  [child, child.stdin, child.stdout, child.stderr].filter(
    (handle) => handle instanceof Socket || handle instanceof ChildProcess,
  );

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended at this very moment.
  }
}
