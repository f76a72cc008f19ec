import { hostname } from 'node:os';
import { ProcessRecord, isAlive } from '../adapters/process-record.js';
import type { State } from '../adapters/state.js';

/**
 * Whether the worker behind an identity (`PID@HOST`) is known to be gone: it ran on this machine, and no such process
 * is here, or only a later one with the same id. Of workers elsewhere nothing is known.
 */
export async function isDeparted(state: State, queue: string, identity: string): Promise<boolean> {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(identity) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  const recorded = await state.read(`workers/${queue}.json`, ProcessRecord).catch(() => undefined); // another user's
  const record = recorded?.pid === Number(pid) ? recorded : { pid: Number(pid), startedAt: '' };
  return !(await isAlive(record));
}
