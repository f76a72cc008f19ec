import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isErrno } from './state.js';

/** Which process something belongs to. `startTicks` tells a process from a later one with the same id. */
export const ProcessRecord = z.object({
  pid: z.number().int().positive(),
  /** RFC 3339. */
  startedAt: z.string(),
  /** Clock ticks between boot and the start of the process; only Linux tells. */
  startTicks: z.number().int().optional(),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** A process says this as `event` in its log once it does its work, so that whoever started it knows. */
export const READY_EVENT = 'ready';

/** The record of the present process. */
export async function ownRecord(): Promise<ProcessRecord> {
  const startTicks = await startTicksOf(process.pid);
  return {
    pid: process.pid,
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    ...(startTicks === undefined ? {} : { startTicks }),
  };
}

/** Whether the very process of the record is still there. A zombie is not. */
export async function isAlive(record: Pick<ProcessRecord, 'pid' | 'startTicks'>): Promise<boolean> {
  try {
    process.kill(record.pid, 0);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) return false;
  }
  if (process.platform !== 'linux') return true;
  const startTicks = await startTicksOf(record.pid);
  return startTicks !== undefined && (record.startTicks === undefined || startTicks === record.startTicks);
}

/** Field 22 of /proc/PID/stat; undefined for a process that is not there or a zombie, and where there is no /proc. */
export async function startTicksOf(pid: number): Promise<number | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the command's name in parentheses, and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : Number(fields[19]);
}
