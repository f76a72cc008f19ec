import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be taken for a later one of the same number. */
export interface ProcessId {
  pid: number;
  /** Clock ticks after boot at which it started (proc(5)). */
  started: string;
}

export interface Tool extends ProcessId {
  /** Name of the program. */
  name: string;
  args: string[];
}

/** Undefined for one that is gone or a zombie. */
export function identify(pid: number): ProcessId | undefined {
  const fields = statOf(pid);
  return fields && { pid, started: fields[19] ?? '' };
}

/** The fields of /proc/PID/stat from the third on; undefined for what is gone or a zombie. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields;
  } catch {
    return undefined;
  }
}

export const isThere = ({ pid, started }: ProcessId): boolean => identify(pid)?.started === started;

/** Processes below that one, parents first. */
export function descendants(pid: number): Tool[] {
  return childrenOf(pid).flatMap((child) => {
    const tool = describe(child);
    return tool ? [tool, ...descendants(child)] : [];
  });
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${String(pid)}/task`);
    return threads.flatMap((thread) =>
      readFileSync(`/proc/${String(pid)}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter((text) => text !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}

function describe(pid: number): Tool | undefined {
  try {
    const args = readFileSync(`/proc/${String(pid)}/cmdline`, 'latin1')
      .split('\0')
      .slice(0, -1);
    const id = identify(pid);
    const name = (args[0] ?? '').split('/').at(-1) ?? '';
    return id && name !== '' ? { ...id, name, args } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for one that is gone or a zombie. */
export function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** Whether it stands still: a signal that is sent may be taken late on a busy machine. */
export const isStopped = ({ pid }: ProcessId): boolean => statOf(pid)?.[0] === 'T';

const SIGTERM_BIT = 1n << 14n;

/** Whether SIGTERM waits to be taken by a process that stands still (proc(5), `SigPnd` and `ShdPnd`). */
export function isToldToEnd(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
    const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
    return pending.some(([, mask]) => (BigInt(`0x${mask ?? '0'}`) & SIGTERM_BIT) !== 0n);
  } catch {
    return true; // it has ended
  }
}

/** What marks the programs of a world; the product hands it on to every tool. */
export const markOf = (folder: string) => ({ XDG_CACHE_HOME: join(folder, 'cache') });

/** Every program that works for a world. Not who only names its folder: that may be anybody. */
export function programsOf(folder: string): Tool[] {
  const mark = `XDG_CACHE_HOME=${markOf(folder).XDG_CACHE_HOME}`;
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0').includes(mark)) return [];
    } catch {
      return [];
    }
    return [describe(Number(entry)) ?? []].flat();
  });
}

/** Whether a process is below that one. */
export function isBelow(pid: number, ancestor: number): boolean {
  for (let parent = parentOf(pid); parent !== undefined && parent > 1; parent = parentOf(parent))
    if (parent === ancestor) return true;
  return false;
}

/** Sends a signal to that very process, if it is still there. */
export function signal(target: ProcessId, name: NodeJS.Signals): boolean {
  if (!isThere(target)) return false;
  try {
    return process.kill(target.pid, name);
  } catch {
    return false;
  }
}

/** Waits for all of them to be gone; those that are not after so long (milliseconds). */
export async function whoRemains<Id extends ProcessId>(
  these: readonly Id[],
  patienceMs: number,
): Promise<Id[]> {
  for (const end = Date.now() + patienceMs; ;) {
    const left = these.filter(isThere);
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(20);
  }
}
