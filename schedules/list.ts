import type { Client, ScheduleDescription } from '@temporalio/client';
import type { Estate } from '../src/estate/schema.js';
import { describedCron } from './calendar.js';
import { estateSchedules } from './define.js';
import { schedulesInPlace } from './ownership.js';

/** How many of the coming due times are told. */
const NEXT_TIMES = 3;

/** One of our schedules as it is in place. Times are RFC 3339 UTC. */
export interface ScheduleView {
  id: string;
  job: string;
  /** Five fields in one spelling, or words for what an operator made of it by hand. */
  cron: string;
  timezone: string;
  paused: boolean;
  note: string | null;
  next: string[];
  /** The last time it fired, in whatever way; what came of it is the run's business. */
  last: { at: string; workflowId: string } | null;
}

/** Our schedules of the estate that are in place, sorted by id. */
export async function listSchedules(client: Client, estate: Estate): Promise<ScheduleView[]> {
  const wanted = estateSchedules(estate).map(({ options }) => options.scheduleId);
  const inPlace = await schedulesInPlace(client, estate.estate, wanted);
  return [...inPlace.values()]
    .map((schedule) => scheduleView(schedule, estate.estate))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function scheduleView({ scheduleId, spec, state, info }: ScheduleDescription, estate: string): ScheduleView {
  const last = info.recentActions.at(-1);
  return {
    id: scheduleId,
    job: scheduleId.slice(estate.length + 1),
    cron: describedCron(spec),
    timezone: spec.timezone || 'UTC',
    paused: state.paused,
    note: state.note || null,
    next: state.paused ? [] : info.nextActionTimes.slice(0, NEXT_TIMES).map((time) => time.toISOString()),
    last:
      last === undefined
        ? null
        : { at: last.takenAt.toISOString(), workflowId: last.action.workflow.workflowId },
  };
}
