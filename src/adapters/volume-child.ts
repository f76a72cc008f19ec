import { ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

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

/**
 * Runs a command that may hang on a dead disk, where not even SIGKILL ends it: after `deadlineMs` it is killed and
 * abandoned, not awaited. While an abandoned one of the same `key` is still there, no other is started.
 */
export function runChild(
  file: string,
  args: readonly string[],
  { key, deadlineMs }: { key: string; deadlineMs: number },
): Promise<ChildEnd> {
  if (abandoned.has(key)) return Promise.resolve({ kind: 'hung' });
  return new Promise((resolve) => {
    // Its own process group, so that what it started is killed with it. Nothing of the worker's environment.
    const child = spawn(file, args, {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] = (output[stream] + text).slice(0, MAX_OUTPUT);
      });
    }
    const deadline = setTimeout(
      () => {
        abandoned.add(key);
        child.once('close', () => abandoned.delete(key));
        kill(child.pid);
        for (const handle of [child, child.stdout, child.stderr]) release(handle);
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

/** Lets this process end although the child may not. A child's pipes are sockets, which their type does not tell. */
function release(handle: ChildProcess | Readable): void {
  if (handle instanceof Socket || handle instanceof ChildProcess) handle.unref();
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended at this very moment.
  }
}
