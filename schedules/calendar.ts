import type { CalendarSpec, ScheduleSpecDescription } from '@temporalio/client';
import { type CronFields, parseCron } from '../src/estate/cron-fields.js';

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

/**
 * A cron as Temporal's calendar, read by the same rules as the estate's checks. (Given the text, the server reads it
 * by its own and gives back numbers; these can be compared with what is in place.)
 */
export function calendarOf(cron: string): CalendarSpec {
  const fields = fieldsOf(cron);
  return {
    comment: cron,
    minute: rangesOf(fields.minutes),
    hour: rangesOf(fields.hours),
    dayOfMonth: rangesOf(fields.days),
    month: rangesOf(fields.months).map((range) => named(range, MONTHS, 1)),
    dayOfWeek: rangesOf(fields.weekdays).map((range) => named(range, WEEKDAYS, 0)),
  };
}

/** The cron in one spelling: two that fire at the same times give the same text. */
export const canonicalCron = (cron: string): string => textOf(fieldsOf(cron));

/** When a schedule in place fires, as `canonicalCron` would say it; with words for what no cron can say. */
export function describedTimes({ calendars = [], intervals = [] }: ScheduleSpecDescription): string {
  const every = intervals.map((interval) => `every ${String(interval.every / 1000)} s`);
  return [...calendars.map(describedCalendar), ...every].join(' and ') || 'never';
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

function fieldsOf(cron: string): CronFields {
  const reading = parseCron(cron);
  if ('problem' in reading) throw new Error(`not a cron: ${cron} (${reading.problem})`);
  return reading.fields;
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
