import { z } from 'zod';
import { scheduleId } from '../domain/ids.js';
import type { Session } from './connection.js';

/** What Temporal knows of an estate's schedules, by job. */
export interface JobSchedules {
  /** Jobs whose schedule an operator has paused. */
  paused: ReadonlySet<string>;
  /** When the job's schedule was made; undefined for a job without one. */
  createdAt(job: string): Promise<Date | undefined>;
}

/** Reads the list of schedules at once, and a single one only when asked about one that does not tell when it was made. */
export async function jobSchedules({ client }: Session, estate: string): Promise<JobSchedules> {
  const prefix = scheduleId(estate, '');
  const existing = new Map<string, Date | undefined>();
  const paused = new Set<string>();
  for await (const { scheduleId: id, state, memo } of client.schedule.list()) {
    if (!id.startsWith(prefix)) continue;
    const job = id.slice(prefix.length);
    existing.set(job, creationOf(memo));
    if (state.paused) paused.add(job);
  }
  return {
    paused,
    async createdAt(job) {
      const known = existing.get(job);
      if (known !== undefined || !existing.has(job)) return known;
      const { info } = await client.schedule.getHandle(scheduleId(estate, job)).describe();
      return info.createdAt;
    },
  };
}

const Creation = z.object({ createdAt: z.iso.datetime() });

/** What `schedules/apply.ts` noted at the schedule's making. */
function creationOf(memo: unknown): Date | undefined {
  const { data } = Creation.safeParse(memo);
  return data && new Date(data.createdAt);
}
