import type { ScheduleDescription } from '@temporalio/client';
import { z } from 'zod';
import type { JobInput } from '../src/domain/job.js';
import { canonicalJson, differingKeys } from '../src/domain/declaration.js';
import { canonicalTimes, describedCron, describedTimes } from './calendar.js';
import { CATCHUP_SECONDS, type JobSchedule } from './define.js';
import { firstArgument } from './ownership.js';
import { pauseAfter } from './pause.js';

/** One difference; `from` is what is in place. Durations in seconds. */
export interface ScheduleChange {
  key: string;
  from: string | number | boolean | null;
  to: string | number | boolean | null;
}

/** What `apply` would do, by schedule id. */
export interface ScheduleDiff {
  create: string[];
  update: { id: string; changes: ScheduleChange[] }[];
  remove: string[];
  unchanged: string[];
}

/** Compares what the estate wants with our schedules that are in place. */
export function diffSchedules(
  wanted: readonly JobSchedule[],
  inPlace: ReadonlyMap<string, ScheduleDescription>,
): ScheduleDiff {
  const diff: ScheduleDiff = { create: [], update: [], remove: [], unchanged: [] };
  for (const schedule of wanted) {
    const id = schedule.options.scheduleId;
    const found = inPlace.get(id);
    const changes = found === undefined ? [] : scheduleChanges(schedule, found);
    if (found === undefined) diff.create.push(id);
    else if (changes.length > 0) diff.update.push({ id, changes });
    else diff.unchanged.push(id);
  }
  const ids = new Set(wanted.map(({ options }) => options.scheduleId));
  diff.remove.push(...[...inPlace.keys()].filter((id) => !ids.has(id)));
  return diff;
}

function scheduleChanges({ cron, options }: JobSchedule, found: ScheduleDescription): ScheduleChange[] {
  const { spec, action, policies, state } = found;
  const [input] = options.action.args;
  const paused = pauseAfter(options.state?.paused ?? false, state).paused;
  const asDeclared = describedTimes(spec) === canonicalTimes(cron, spec.timezone || 'UTC');
  return [
    ...(asDeclared ? [] : [{ key: 'cron', from: describedCron(spec), to: cron }]),
    ...changed('timezone', spec.timezone || 'UTC', options.spec.timezone ?? 'UTC'),
    ...changed('jitter', (spec.jitter ?? 0) / 1000, Number(options.spec.jitter ?? 0) / 1000),
    ...changed('startAt', spec.startAt?.toISOString() ?? null, null),
    ...changed('endAt', spec.endAt?.toISOString() ?? null, null),
    ...changed('overlap', String(policies.overlap), String(options.policies?.overlap)),
    ...changed('catchupWindow', policies.catchupWindow / 1000, CATCHUP_SECONDS),
    ...changed('pauseOnFailure', policies.pauseOnFailure, false),
    ...changed('remainingActions', state.remainingActions ?? null, null),
    ...changed('paused', state.paused, paused),
    ...changed('workflow', action.workflowType, 'due'),
    ...changed('workflowId', action.workflowId, options.action.workflowId ?? null),
    ...changed('taskQueue', action.taskQueue, options.action.taskQueue),
    ...changed('summary', action.staticSummary ?? null, options.action.staticSummary ?? null),
    ...changed('details', action.staticDetails ?? null, options.action.staticDetails ?? null),
    ...inputChanges(input, firstArgument(action)),
  ];
}

const changed = (key: string, from: ScheduleChange['from'], to: ScheduleChange['from']): ScheduleChange[] =>
  from === to ? [] : [{ key, from, to }];

const Declared = z.object({
  declaration: z.object({ digest: z.string(), keys: z.record(z.string(), z.string()) }),
});

/** Declarations are compared part by part, so that the plan says which part of the job changed. */
function inputChanges(wanted: JobInput, found: unknown): ScheduleChange[] {
  if (canonicalJson(found) === canonicalJson(wanted)) return [];
  const declared = Declared.safeParse(found).data?.declaration;
  const keys = declared === undefined ? [] : differingKeys(wanted.declaration, declared);
  if (declared === undefined || keys.length === 0)
    return [{ key: 'input', from: shortened(found), to: shortened(wanted) }];
  return keys.map((key) => ({
    key: `declaration.${key}`,
    from: declared.keys[key] ?? null,
    to: wanted.declaration.keys[key] ?? null,
  }));
}

const shortened = (value: unknown): string => canonicalJson(value ?? null).slice(0, 200);
