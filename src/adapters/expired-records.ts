import { lstat, readdir, rm } from 'node:fs/promises';
import { z } from 'zod';
import { crashPoint } from './crash-point.js';
import { isErrno, type State } from './state.js';

/** As long as Temporal keeps the runs that speak of it (`schedules/namespace.ts`; milliseconds). */
const KEPT_MS = 90 * 24 * 3_600_000;

/** How many of each are gone. */
export interface Expired {
  reports: number;
  restores: number;
  plans: number;
  approvals: number;
}

const Burnt = z.object({ expires: z.iso.datetime() });

/**
 * Removes what nobody asks for any more: reports and restores of 90 days ago, plans of jobs that are no longer among `jobs` and were
 * not touched since then, and the marks of used approvals that expired then. An approval whose mark is gone is refused
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
      await rm(state.path(folder, name), { recursive: true, force: true });
      crashPoint('record-expired', folder);
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
  };
}

const USED = 'approvals/used';

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
