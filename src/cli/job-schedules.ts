import { scheduleId } from '../domain/ids.js';
import type { Session } from './connection.js';

/** What Temporal knows of an estate's schedules, by job. */
export interface JobSchedules {
  /** Jobs whose schedule an operator has paused. */
  paused: ReadonlySet<string>;
  /** When the job's schedule was made; undefined for a job without one. */
  createdAt(job: string): Promise<Date | undefined>;
}

/** Reads the list of schedules at once, and a single one only when asked. */
export async function jobSchedules({ client }: Session, estate: string): Promise<JobSchedules> {
  const prefix = scheduleId(estate, '');
  const existing = new Set<string>();
  const paused = new Set<string>();
  for await (const { scheduleId: id, state } of client.schedule.list()) {
    if (!id.startsWith(prefix)) continue;
    const job = id.slice(prefix.length);
    existing.add(job);
    if (state.paused) paused.add(job);
  }
  return {
    paused,
    async createdAt(job) {
      if (!existing.has(job)) return undefined;
      const { info } = await client.schedule.getHandle(scheduleId(estate, job)).describe();
      return info.createdAt;
    },
  };
}
