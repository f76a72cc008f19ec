import type { Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { crashPoint } from './crash-point.js';
import { DRAFT_NAME, isErrno, type State } from './state.js';

/** As long as Temporal keeps the runs that speak of it (`schedules/namespace.ts`; milliseconds). */
const KEPT_MS = 90 * 24 * 3_600_000;

/** Nobody writes one record for so long (milliseconds); one who did all the same would fail, and write it again. */
const DRAFTED_MS = 3_600_000;

/** How many of each are gone. */
export interface Expired {
  reports: number;
  restores: number;
  plans: number;
  approvals: number;
  drafts: number;
}

const Burnt = z.object({ expires: z.iso.datetime() });

/**
 * Removes what nobody asks for any more: reports and restores of 90 days ago, plans of jobs that are no longer among `jobs` and were
 * not touched since then, the marks of used approvals that expired then, and drafts of records whose writer was killed. An approval whose mark is gone is refused
 * because it expired, so call this only with a clock that is believed. `now` is milliseconds since the epoch. Safe to
 * repeat; a running job keeps what it needs.
 */
export async function removeExpired(
  state: Pick<State, 'path' | 'read'>,
  { now, jobs }: { now: number; jobs: ReadonlySet<string> },
): Promise<Expired> {
  const isOld = (time: number): boolean => time < now - KEPT_MS;
  const remove = async (folder: string, goes: (name: string) => Promise<boolean>): Promise<number> => {
    let count = 0;
    for (const name of await namesIn(state.path(folder))) {
      if (!(await goes(name))) continue;
      await drop(state.path(folder, name), folder);
      count += 1;
    }
    return count;
  };
  const isOldFile = async (folder: string, name: string): Promise<boolean> =>
    isOld((await lstat(state.path(folder, name))).mtimeMs);
  return {
    reports: await remove('reports', (name) => isOldFile('reports', name)),
    restores: await remove('restores', (name) => isOldFile('restores', name)),
    plans: await remove(
      'plans',
      async (name) => !jobs.has(name.replace(/\.jsonl?$/, '')) && (await isOldFile('plans', name)),
    ),
    approvals: await remove(USED, async (name) => {
      const burnt = await state.read(`${USED}/${name}`, Burnt).catch(() => undefined);
      return burnt !== undefined && isOld(Date.parse(burnt.expires));
    }),
    drafts: await removeDrafts(state.path(), now - DRAFTED_MS),
  };
}

const USED = 'approvals/used';

/** Removes the drafts below a folder that were written before then (milliseconds since the epoch); says how many. */
async function removeDrafts(folder: string, before: number): Promise<number> {
  let count = 0;
  for (const entry of await entriesIn(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) count += await removeDrafts(path, before);
    if (!entry.isFile() || !DRAFT_NAME.test(entry.name)) continue;
    const stats = await lstat(path).catch(() => undefined); // it may have become a record meanwhile
    if (stats === undefined || stats.mtimeMs >= before) continue;
    await drop(path, 'drafts');
    count += 1;
  }
  return count;
}

async function drop(path: string, of: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  crashPoint('record-expired', of);
}

const entriesIn = (folder: string): Promise<Dirent[]> => orNone(readdir(folder, { withFileTypes: true }));

const namesIn = (folder: string): Promise<string[]> => orNone(readdir(folder));

async function orNone<T>(reading: Promise<T[]>): Promise<T[]> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
