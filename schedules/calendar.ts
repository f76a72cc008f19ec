import type { CalendarSpec, ScheduleSpecDescription } from '@temporalio/client';
import { type CronFields, parseCron } from '../src/estate/cron-fields.js';
import { dueTimes } from '../src/estate/due-times.js';

type Described = NonNullable<ScheduleSpecDescription['calendars']>[number];

const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];
const WEEKDAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

interface Range {
  start: number;
  end: number;
  step: number;
}

/** A cron as Temporal's calendars, in a zone. */
export interface CronCalendars {
  calendars: CalendarSpec[];
  skip: CalendarSpec[];
}

/**
 * A cron as Temporal's calendars, read by the same rules as the estate's checks and with the same idea of the nights in
 * which the clock is changed. (Given the text, the server reads it by its own and gives back numbers; these can be
 * compared with what is in place.)
 */
export function calendarsOf(cron: string, timezone: string): CronCalendars {
  const { cron: fields, extra, skip } = dueTimes(cron, timezone);
  return {
    calendars: [
      calendar(fields, cron),
      ...extra.map((one) => calendar(one, 'in the night in which the clock is changed')),
    ],
    skip: skip.map((one) => calendar(one, 'what the clock repeats')),
  };
}

const calendar = (fields: CronFields, comment: string): CalendarSpec => ({
  comment,
  minute: rangesOf(fields.minutes),
  hour: rangesOf(fields.hours),
  dayOfMonth: rangesOf(fields.days),
  month: rangesOf(fields.months).map((range) => named(range, MONTHS, 1)),
  dayOfWeek: rangesOf(fields.weekdays).map((range) => named(range, WEEKDAYS, 0)),
});

/** When a cron is due in a zone, in one spelling: two that fire at the same times give the same text. */
export function canonicalTimes(cron: string, timezone: string): string {
  const { cron: fields, extra, skip } = dueTimes(cron, timezone);
  return joined([fields, ...extra].map(textOf), skip.map(textOf));
}

/** When a schedule in place fires, as `canonicalTimes` would say it; with words for what no cron can say. */
export function describedTimes({
  calendars = [],
  intervals = [],
  skip = [],
}: ScheduleSpecDescription): string {
  const every = intervals.map((interval) => `every ${String(interval.every / 1000)} s`);
  return joined([...calendars.map(describedCalendar), ...every], skip.map(describedCalendar));
}

const joined = (times: readonly string[], but: readonly string[]): string =>
  [times.join(' and ') || 'never', ...but].join(' but not ');

/** The cron of a schedule in place, without what the nights add in which the clock is changed. */
export function describedCron(spec: ScheduleSpecDescription): string {
  const times = describedTimes(spec);
  const cron = describedTimes({ calendars: spec.calendars?.slice(0, 1) ?? [] });
  return !('problem' in parseCron(cron)) && canonicalTimes(cron, spec.timezone || 'UTC') === times
    ? cron
    : times;
}

function describedCalendar(calendar: Described): string {
  const cron = textOf({
    minutes: valuesOf(calendar.minute),
    hours: valuesOf(calendar.hour),
    days: valuesOf(calendar.dayOfMonth),
    months: valuesOf(calendar.month.map((range) => numbered(range, MONTHS, 1))),
    weekdays: valuesOf(calendar.dayOfWeek.map((range) => numbered(range, WEEKDAYS, 0))),
  });
  const seconds = [...valuesOf(calendar.second)].join(',');
  const years = [...valuesOf(calendar.year)].join(',');
  return `${cron}${seconds === '0' ? '' : ` at second ${seconds}`}${years === '' ? '' : ` in ${years}`}`;
}

const textOf = ({ minutes, hours, days, months, weekdays }: CronFields): string =>
  [
    fieldText(minutes, 0, 59),
    fieldText(hours, 0, 23),
    fieldText(days, 1, 31),
    fieldText(months, 1, 12),
    fieldText(weekdays, 0, 6),
  ].join(' ');

function fieldText(values: ReadonlySet<number>, least: number, most: number): string {
  if (values.size === most - least + 1) return '*';
  return rangesOf(values)
    .map(({ start, end, step }) => {
      if (start === end) return String(start);
      const range = start === least && end + step > most ? '*' : `${String(start)}-${String(end)}`;
      return step === 1 ? range : `${range}/${String(step)}`;
    })
    .join(',');
}

/** The fewest ranges in an obvious way: one with a step if the values have one, else runs of neighbours. */
function rangesOf(values: ReadonlySet<number>): Range[] {
  const sorted = [...values].sort((a, b) => a - b);
  const [first = 0, second = first] = sorted;
  const step = second - first;
  const stepped = sorted.length > 2 && sorted.every((value, index) => value === first + index * step);
  if (stepped) return [{ start: first, end: sorted.at(-1) ?? first, step }];
  const runs: Range[] = [];
  for (const value of sorted) {
    const run = runs.at(-1);
    if (run?.end === value - 1) run.end = value;
    else runs.push({ start: value, end: value, step: 1 });
  }
  return runs;
}

function valuesOf(ranges: readonly Range[]): Set<number> {
  const values = new Set<number>();
  for (const { start, end, step } of ranges) {
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return values;
}

function named<Name>({ start, end, step }: Range, names: readonly Name[], least: number): Named<Name> {
  const [from, to] = [names[start - least], names[end - least]];
  if (from === undefined || to === undefined)
    throw new RangeError(`no such name: ${String(start)}-${String(end)}`);
  return { start: from, end: to, step };
}

const numbered = <Name>({ start, end, step }: Named<Name>, names: readonly Name[], least: number): Range => ({
  start: names.indexOf(start) + least,
  end: names.indexOf(end) + least,
  step,
});

interface Named<Name> {
  start: Name;
  end: Name;
  step: number;
}
