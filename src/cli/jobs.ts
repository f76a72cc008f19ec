import { ExitCode } from '../domain/outcome.js';
import { nextDue } from '../estate/cron.js';
import { describeJob, jobHost } from '../estate/lookup.js';
import type { Estate } from '../estate/schema.js';
import { cronInWords } from './cron-words.js';
import { loadEstateOption } from './estate-option.js';
import { formatTime, rfc3339 } from './format.js';
import { note, printJson, printLine } from './output.js';
import { table } from './table.js';

export interface JobsOptions {
  estate?: string;
  json: boolean;
}

/** `fts jobs`: what the estate declares. Asks nobody. */
export async function jobs({ estate: file, json }: JobsOptions): Promise<number> {
  const { estate } = await loadEstateOption(file);
  const views = Object.keys(estate.jobs).map((name) => jobView(estate, name));
  if (json) {
    printJson({ estate: estate.estate, timezone: estate.timezone, jobs: views });
    return ExitCode.complete;
  }
  if (views.length === 0) {
    note('The estate declares no jobs.');
    return ExitCode.complete;
  }
  printLine(
    table(
      ['JOB', 'HOST', 'SCHEDULE', 'NEXT', 'WHAT'],
      views.map((view) => row(view, estate.timezone)),
    ),
  );
  note(`\nTimes are of ${estate.timezone}.`);
  return ExitCode.complete;
}

function jobView(estate: Estate, name: string) {
  const job = estate.jobs[name];
  const { kind, cron, paused } = job ?? {};
  const isDue = cron !== undefined && paused !== true;
  return {
    job: name,
    kind,
    host: jobHost(estate, name),
    what: describeJob(estate, name),
    cron: cron ?? null,
    next: rfc3339(isDue ? nextDue(cron, estate.timezone, new Date()) : undefined),
    paused: paused ?? false,
  };
}

function row(
  { job, host, what, cron, next, paused }: ReturnType<typeof jobView>,
  timeZone: string,
): string[] {
  const schedule = cron === null ? 'on request' : cronInWords(cron);
  const due = next === null ? '-' : formatTime(new Date(next), { timeZone });
  return [job, host, schedule, paused ? 'paused' : due, what];
}
