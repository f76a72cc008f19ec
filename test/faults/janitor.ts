/**
 * Cleans up after the harness however it ends: hears by its standard input what there is, and takes all of it away when
 * that closes. Lines: `mount PATH`, `image PATH` (its loop devices), `process PID STARTED`, `folder PATH` (and every
 * program of the world in it).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isThere, type ProcessId, programsOf, signal } from './processes.js';

/** Who was told to end may still be writing. */
const REMOVAL = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

const known: Record<'mount' | 'image' | 'process' | 'folder', string[]> = {
  mount: [],
  image: [],
  process: [],
  folder: [],
};
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
for await (const line of createInterface(process.stdin)) {
  const [kind = '', ...rest] = line.split(' ');
  if (Object.hasOwn(known, kind)) known[kind as keyof typeof known].push(rest.join(' '));
}

const stopped = known.process.map((text): ProcessId => {
  const [pid = '', started = ''] = text.split(' ');
  return { pid: Number(pid), started };
});
const all = [...stopped, ...known.folder.flatMap(programsOf)].filter(isThere);
for (const target of all) signal(target, 'SIGKILL');
for (let tries = 0; all.some(isThere) && tries < 100; tries += 1) await sleep(50);
for (const path of known.mount.reverse()) {
  while (isMounted(path) && attempt('umount', '--lazy', path) !== undefined);
}
for (const image of known.image) {
  const listed = attempt('losetup', '--noheadings', '--output', 'NAME', '--associated', image) ?? '';
  for (const device of listed.split('\n').filter(Boolean)) attempt('losetup', '--detach', device.trim());
}
for (const path of known.folder) rmSync(path, REMOVAL);

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path);
}

function attempt(file: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
