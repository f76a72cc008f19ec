import { readFile, readdir, readlink, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { crashPoint } from '../crash-point.js';
import { startTicksOf } from '../process-record.js';
import type { ResticRepository } from './repository.js';
import { type ToolExit, runTool } from '../tool.js';

const Lock = z.object({ time: z.coerce.date(), hostname: z.string(), pid: z.number().int() });
type Lock = z.infer<typeof Lock>;

/** The first PID namespace of a Linux kernel has this inode (PROC_PID_INIT_INO in include/linux/proc_ns.h). */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/** Ticks a second in /proc, on every architecture (USER_HZ). */
const USER_HZ = 100;

/** The kernel gives the time of boot in whole seconds. */
const BOOT_TIME_ERROR_MS = 2000;

/** restic replaces its lock every 5 minutes; one that is older than this is not being refreshed (milliseconds). */
const REFRESHED_WITHIN_MS = 6 * 60_000;

/**
 * Removes the lock that restic ran into if this host made it and the process that did is gone: that one lock file, of
 * a repository that is a folder on this host or lies behind a remote. `restic unlock` would remove other hosts' locks
 * too. `said` is what restic answered. True if a lock was removed, so that trying again has a point. Safe to repeat.
 */
export async function removeStaleLock(
  repository: ResticRepository,
  said: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const prefix = /storage ID ([0-9a-f]{8,64})/.exec(said)?.[1];
  if (prefix === undefined || (repository.folder ?? repository.rclone) === undefined) return false;
  const ids = await lockIds(repository, signal);
  const id = ids?.find((name) => name.startsWith(prefix));
  if (id === undefined) return ids !== undefined; // released meanwhile
  const lock = await readLock(repository, id, signal);
  if (lock?.hostname !== hostname() || !(await isGone(lock))) return false;
  crashPoint('stale-lock-judged');
  const removed = await removeLock(repository, id, signal);
  crashPoint('stale-lock-removed');
  return removed;
}

async function lockIds(repository: ResticRepository, signal?: AbortSignal): Promise<string[] | undefined> {
  const { exitCode, stdout } = await ask(repository, ['list', 'locks'], signal);
  return exitCode === 0 ? stdout.split('\n').filter((line) => /^[0-9a-f]{64}$/.test(line)) : undefined;
}

async function readLock(
  repository: ResticRepository,
  id: string,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  const { exitCode, stdout } = await ask(repository, ['cat', 'lock', id], signal);
  return exitCode === 0 ? Lock.safeParse(JSON.parse(stdout)).data : undefined;
}

const ask = (
  { restic, options, environment, directory }: ResticRepository,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<ToolExit> =>
  runTool({
    file: restic,
    args: [...options, ...args, '--no-lock', '--quiet'],
    environment,
    ...(directory !== undefined && { directory }),
    ...(signal && { signal }),
  });

async function removeLock(
  { folder, rclone, environment }: ResticRepository,
  id: string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (folder !== undefined) {
    await rm(join(folder, 'locks', id), { force: true });
    return true;
  }
  if (rclone === undefined) return false;
  const args = ['deletefile', '--retries', '1', '--', `${rclone.folder}/locks/${id}`];
  const { exitCode } = await runTool({ file: rclone.file, args, environment, ...(signal && { signal }) });
  return exitCode === 0;
}

/** Whether the process that made a lock on this host is certainly gone. */
async function isGone({ pid, time }: Lock): Promise<boolean> {
  const outsideOurView = await mayRunOutsideOurView();
  if (outsideOurView === undefined) return false;
  if (outsideOurView && Date.now() - time.getTime() < REFRESHED_WITHIN_MS) return false;
  for (const candidate of await processesKnownAs(pid)) {
    const reused = (await startedAt(candidate)) > time.getTime() + BOOT_TIME_ERROR_MS;
    if (!reused) return false;
  }
  return true;
}

/** A worker inside a container does not see every process of the machine; undefined where nothing can be said. */
async function mayRunOutsideOurView(): Promise<boolean | undefined> {
  if (process.platform !== 'linux') return undefined;
  return (await readlink('/proc/self/ns/pid')) !== INITIAL_PID_NAMESPACE;
}

/** Processes that have this id in our PID namespace or in one below it, where a container's restic has another id. */
async function processesKnownAs(pid: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    const ids = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    if (ids.includes(String(pid))) found.push(entry);
  }
  return found;
}

/** When a process began (milliseconds since the epoch, to a second); infinitely late for one that has ended. */
async function startedAt(pid: string): Promise<number> {
  const ticks = await startTicksOf(Number(pid));
  if (ticks === undefined) return Infinity;
  const boot = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1]);
  return (boot + ticks / USER_HZ) * 1000;
}
