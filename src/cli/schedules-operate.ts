import { backfill, triggerNow } from '../../schedules/operate.js';
import { ESTATE_PAUSE_NOTE } from '../../schedules/pause.js';
import type { RunError } from '../domain/job.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { note as say, printError, printJson, printLine } from './output.js';
import { type NamedSchedule, withSchedule } from './schedules-own.js';

export interface ScheduleOptions {
  estate?: string;
  /** Job name or schedule id. */
  id: string;
  json: boolean;
}

/** `fts schedules pause`: no run starts by itself until it is resumed. Replaces the note of an earlier pause. */
export async function pauseSchedule(options: ScheduleOptions & { note?: string }): Promise<number> {
  const { note = 'paused by `fts schedules pause`' } = options;
  return withSchedule(options, async ({ handle, id, job }) => {
    await handle.pause(note);
    if (options.json) printJson({ id, job, paused: true, note });
    else printLine(`${job} is paused: ${note}`);
    if (!options.json)
      say(`Resume it with \`fts schedules resume ${job}\`; \`fts run ${job}\` works meanwhile.`);
    return ExitCode.complete;
  });
}

/** `fts schedules resume`: ends an operator's pause. The estate's own is ended in the estate. */
export async function resumeSchedule(options: ScheduleOptions & { note?: string }): Promise<number> {
  return withSchedule(options, async ({ handle, id, job, estate, description }) => {
    if (estate.jobs[job]?.paused === true) {
      throw new UsageError(`the estate pauses ${job}`, {
        hint: 'take `paused: true` out of the estate and run `fts schedules apply`',
      });
    }
    if (description.state.paused) await handle.unpause(options.note ?? 'resumed by `fts schedules resume`');
    if (options.json) printJson({ id, job, paused: false });
    else printLine(`${job} ${description.state.paused ? 'is resumed' : 'was not paused'}`);
    return ExitCode.complete;
  });
}

/** `fts schedules trigger`: fires the schedule now, as if the job were due. */
export async function triggerSchedule(options: ScheduleOptions & { force?: boolean }): Promise<number> {
  return withSchedule(options, async (schedule) => {
    const { id, job } = schedule;
    const refusal = refusalOf(schedule, options.force ?? false);
    if (refusal !== undefined) return skipped(options, refusal);
    await triggerNow(schedule);
    if (options.json) printJson({ id, job, triggered: true });
    else printLine(`${job} is triggered`);
    if (!options.json) say(`Follow it with \`fts watch ${job}\`.`);
    return ExitCode.complete;
  });
}

/** `fts schedules backfill`: fires the schedule for the due times between two moments. */
export async function backfillSchedule(
  options: ScheduleOptions & { from: string; to: string; force?: boolean },
): Promise<number> {
  const [start, end] = [moment('--from', options.from), moment('--to', options.to)];
  if (start >= end) throw new UsageError('--from must be before --to');
  return withSchedule(options, async (schedule) => {
    const { id, job } = schedule;
    const refusal = refusalOf(schedule, options.force ?? false);
    if (refusal !== undefined) return skipped(options, refusal);
    await backfill(schedule, { start, end });
    const span = { from: start.toISOString(), to: end.toISOString() };
    if (options.json) printJson({ id, job, backfilled: span });
    else printLine(`${job} is fired for its due times from ${span.from} to ${span.to}, one run at a time`);
    return ExitCode.complete;
  });
}

/** Why a paused schedule is not fired. What the estate pauses would be skipped by the host even when fired. */
function refusalOf({ estate, job, description }: NamedSchedule, force: boolean): RunError | undefined {
  if (estate.jobs[job]?.paused === true) {
    const hint = `run it all the same with \`fts run ${job} --force\``;
    return { type: 'Paused', message: `${job} is ${ESTATE_PAUSE_NOTE}`, hint };
  }
  const { paused, note } = description.state;
  if (!paused || force) return undefined;
  const message = `${job} is paused${note ? `: ${note}` : ''}`;
  return { type: 'Paused', message, hint: `resume it with \`fts schedules resume ${job}\`, or pass --force` };
}

function skipped({ json }: ScheduleOptions, error: RunError): number {
  if (json) printJson({ outcome: 'skipped', error });
  else printError(error);
  return ExitCode.skipped;
}

function moment(option: string, text: string): Date {
  const date = new Date(text);
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isRfc3339 || Number.isNaN(date.getTime())) {
    throw new UsageError(`${option} takes a time like 2026-11-21T05:00:00Z, not ${JSON.stringify(text)}`);
  }
  return date;
}
