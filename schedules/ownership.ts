import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { UsageError } from '../src/domain/usage-error.js';
import { ownershipMemo } from './define.js';

/** The part of a job's input that says whose it is. */
const Owner = z.object({ estate: z.string(), job: z.string() });

/** Whether a schedule was made by us for this estate: by its memo, else by what it starts. Its id alone proves nothing. */
export function isOurs({ scheduleId, memo, action }: ScheduleDescription, estate: string): boolean {
  const [owner, job] = [scheduleId.slice(0, estate.length + 1), scheduleId.slice(estate.length + 1)];
  if (owner !== `${estate}/`) return false;
  if (Object.entries(ownershipMemo(estate, job)).every(([key, value]) => memo?.[key] === value)) return true;
  const starts = Owner.safeParse(firstArgument(action)).data;
  return action.workflowType === 'due' && starts?.estate === estate && starts.job === job;
}

/** What a schedule's workflow is started with. Not typed: somebody else may have made it. */
export function firstArgument({ args }: ScheduleDescription['action']): unknown {
  return args?.[0];
}

/** The schedule as the server has it; undefined where there is none. */
export async function findSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Our schedules of an estate that are in place, by id: the wanted ones asked for directly (listing lags behind), and
 * the rest by listing. Throws `UsageError` if a wanted id is taken by somebody else's schedule.
 */
export async function schedulesInPlace(
  client: Client,
  estate: string,
  wanted: readonly string[],
): Promise<Map<string, ScheduleDescription>> {
  const others: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    if (scheduleId.startsWith(`${estate}/`) && !wanted.includes(scheduleId)) others.push(scheduleId);
  }
  const found = await Promise.all([...wanted, ...others].map((id) => findSchedule(client, id)));
  const described = found.filter((schedule) => schedule !== undefined);
  const taken = described.filter((one) => wanted.includes(one.scheduleId) && !isOurs(one, estate));
  if (taken.length > 0) throw notOurs(taken.map(({ scheduleId }) => scheduleId));
  return new Map(described.filter((one) => isOurs(one, estate)).map((one) => [one.scheduleId, one]));
}

/** The refusal to touch a schedule that somebody else made. */
export const notOurs = (ids: readonly string[]): UsageError =>
  new UsageError(`not made by fts, so left alone: schedule ${ids.join(', ')}`, {
    hint: 'delete or rename that schedule, or give the estate another name',
  });
