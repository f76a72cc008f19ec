import type { Client } from '@temporalio/client';
import type { Estate } from '../src/estate/schema.js';
import { type JobSchedule, creationMemo, estateSchedules } from './define.js';
import { type ScheduleDiff, diffSchedules } from './diff.js';
import { prepareNamespace } from './namespace.js';
import { schedulesInPlace } from './ownership.js';
import { pauseAfter } from './pause.js';

/** What `applySchedules` would do now. Changes nothing. */
export async function planSchedules(client: Client, estate: Estate): Promise<ScheduleDiff> {
  const wanted = estateSchedules(estate);
  return diffSchedules(wanted, await schedulesInPlace(client, estate.estate, idsOf(wanted)));
}

/**
 * Makes the server's schedules what the estate declares, and tells what was done. Touches only its own; an operator's
 * pause stays. Safe to repeat: the second time all are unchanged.
 */
export async function applySchedules(client: Client, estate: Estate): Promise<ScheduleDiff> {
  await prepareNamespace(client.connection, client.options.namespace);
  const wanted = estateSchedules(estate);
  const diff = diffSchedules(wanted, await schedulesInPlace(client, estate.estate, idsOf(wanted)));
  const byId = new Map(wanted.map((schedule) => [schedule.options.scheduleId, schedule]));
  for (const { options } of pick(byId, diff.create))
    await client.schedule.create({ ...options, memo: { ...options.memo, ...creationMemo(new Date()) } });
  for (const schedule of pick(
    byId,
    diff.update.map(({ id }) => id),
  ))
    await update(client, schedule);
  for (const id of diff.remove) await client.schedule.getHandle(id).delete();
  return diff;
}

async function update(client: Client, { options }: JobSchedule): Promise<void> {
  const { scheduleId, spec, action, policies = {}, state, typedSearchAttributes = [] } = options;
  await client.schedule.getHandle(scheduleId).update((previous) => ({
    spec,
    action,
    policies,
    typedSearchAttributes,
    state: pauseAfter(state?.paused ?? false, previous.state),
  }));
}

const idsOf = (schedules: readonly JobSchedule[]): string[] =>
  schedules.map(({ options }) => options.scheduleId);

const pick = (byId: ReadonlyMap<string, JobSchedule>, ids: readonly string[]): JobSchedule[] =>
  ids.flatMap((id) => byId.get(id) ?? []);
