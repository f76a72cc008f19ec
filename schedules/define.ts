import type { ScheduleOptions, ScheduleOptionsStartWorkflowAction } from '@temporalio/client';
import { dueWorkflowId, scheduleId } from '../src/domain/ids.js';
import { jobSearchAttributes } from '../src/domain/job-start.js';
import { CONTROL_QUEUE } from '../src/domain/queues.js';
import { describeJob } from '../src/estate/lookup.js';
import type { Estate } from '../src/estate/schema.js';
import type { due } from '../workflows/due.js';
import { calendarsOf } from './calendar.js';
import { jobInput } from './job-start.js';
import { ESTATE_PAUSE_NOTE } from './pause.js';

/** What was missed is caught up with one run if it is not older than this (seconds). */
export const CATCHUP_SECONDS = 7 * 24 * 3600;

/** A schedule of ours as `ScheduleClient.create` takes it; `cron` is kept beside it as it was written. */
export interface JobSchedule {
  job: string;
  cron: string;
  options: ScheduleOptions<ScheduleOptionsStartWorkflowAction<typeof due>>;
}

/** Marks a schedule as one of ours. */
export const ownershipMemo = (estate: string, job: string): Record<string, string> => ({
  managedBy: 'flux-time-space',
  estate,
  job,
});

/** When a schedule was made, where a list shows it: Temporal's own record of it takes a question for each schedule. */
export const creationMemo = (at: Date): { createdAt: string } => ({ createdAt: at.toISOString() });

/** The schedule of every job that has a cron. */
export function estateSchedules(estate: Estate): JobSchedule[] {
  return Object.entries(estate.jobs).flatMap(([job, { cron }]) =>
    cron !== undefined ? [jobSchedule(estate, job, cron)] : [],
  );
}

function jobSchedule(estate: Estate, job: string, cron: string): JobSchedule {
  const input = jobInput(estate, job);
  const attributes = jobSearchAttributes(input);
  const { jitter = 0, paused = false } = estate.jobs[job] ?? {};
  return {
    job,
    cron,
    options: {
      scheduleId: scheduleId(estate.estate, job),
      spec: { ...calendarsOf(cron, estate.timezone), timezone: estate.timezone, jitter: jitter * 1000 },
      policies: { overlap: 'SKIP', catchupWindow: CATCHUP_SECONDS * 1000, pauseOnFailure: false },
      action: {
        type: 'startWorkflow',
        workflowType: 'due',
        workflowId: dueWorkflowId(estate.estate, job),
        taskQueue: CONTROL_QUEUE,
        args: [input],
        typedSearchAttributes: attributes,
        staticSummary: `${job} is due: ${describeJob(estate, job)}`,
        staticDetails: `Starts \`${estate.estate}/${job}\`, unless it is running already.`,
      },
      memo: ownershipMemo(estate.estate, job),
      typedSearchAttributes: attributes,
      state: paused ? { paused, note: ESTATE_PAUSE_NOTE } : { paused },
    },
  };
}
