import {
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { findSchedule, isOurs, notOurs } from './ownership.js';

/** One of our schedules, to be operated by hand. */
export interface OwnSchedule {
  handle: ScheduleHandle;
  description: ScheduleDescription;
}

/** The schedule of that id; undefined where there is none. Throws `UsageError` for one that is not ours. */
export async function ownSchedule(
  client: Client,
  estate: string,
  id: string,
): Promise<OwnSchedule | undefined> {
  const description = await findSchedule(client, id);
  if (description === undefined) return undefined;
  if (!isOurs(description, estate)) throw notOurs([id]);
  return { handle: client.schedule.getHandle(id), description };
}

/** Fires the schedule now, unless what it last started is still starting. (The SDK's own default overlaps.) */
export const triggerNow = ({ handle }: OwnSchedule): Promise<void> =>
  handle.trigger(ScheduleOverlapPolicy.SKIP);

/** Fires the schedule for its due times of that span, one run at a time; those that meet a run are skipped. */
export const backfill = ({ handle }: OwnSchedule, span: { start: Date; end: Date }): Promise<void> =>
  handle.backfill({ ...span, overlap: ScheduleOverlapPolicy.SKIP });
