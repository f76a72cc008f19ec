import type { CronFields } from './cron-fields.js';
import { type DueTimes, dueTimes } from './due-times.js';
import { clockSkips, zoneOffset } from './zone-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Weekdays of leap days repeat after 28 years; 2100 is no leap year and adds up to 12. */
const HORIZON = 41 * 365.25 * DAY;
/** Twice that, so that the longest time between two dates lies wholly within it. */
const SPAN_MONTHS = 2 * 41 * 12;
/** 1 January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4;

const known = new Map<string, DueTimes>();

function timesOf(cron: string, timezone: string): DueTimes {
  const key = `${timezone} ${cron}`;
  const times = known.get(key) ?? dueTimes(cron, timezone);
  known.set(key, times);
  return times;
}

/**
 * The first due time after `after`, or undefined if there is none within 41 years. Temporal's rules: day of the month
 * and day of the week must both match. In the nights in which the clock is changed as `dueTimes` says; an hourly job is
 * due twice in an hour that the clock repeats (Temporal 1.29 leaves out one time in that night east of Greenwich).
 */
export function nextDue(cron: string, timezone: string, after: Date): Date | undefined {
  const { cron: fields, extra, skip } = timesOf(cron, timezone);
  const nexts = [fields, ...extra].flatMap((one) => nextOf(one, skip, timezone, after) ?? []);
  return nexts.length === 0 ? undefined : new Date(Math.min(...nexts.map((next) => next.getTime())));
}

/** The next of these times alone that is none of `skip`. */
function nextOf(
  fields: CronFields,
  skip: readonly CronFields[],
  timezone: string,
  after: Date,
): Date | undefined {
  const end = after.getTime() + HORIZON;
  let instant = Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE;
  let offset = zoneOffset(timezone, instant);
  while (instant <= end) {
    const wall = instant + offset;
    const isSkipped = skip.some((one) => stepTowards(one, wall) === 0);
    const wallStep = isSkipped ? MINUTE : stepTowards(fields, wall);
    if (wallStep === 0) return new Date(instant);
    const landing = instant + beforeClockGoesBack(timezone, { instant, offset, step: wallStep });
    const landingOffset = zoneOffset(timezone, landing);
    // The clock went forward on the way: what was skipped over may hold a due time.
    const overshot = Math.max(0, landingOffset - offset);
    instant = Math.max(instant + MINUTE, landing - overshot);
    offset = overshot > 0 ? zoneOffset(timezone, instant) : landingOffset;
  }
  return undefined;
}

/** As much of a step as does not pass over what the clock is about to repeat: that may hold a due time. */
function beforeClockGoesBack(
  timezone: string,
  { instant, offset, step }: { instant: number; offset: number; step: number },
): number {
  const goesBackWithin = (time: number) => zoneOffset(timezone, instant + time) < offset;
  let near = Math.min(step, DAY);
  if (!goesBackWithin(near)) return step;
  while (near > MINUTE && goesBackWithin(near)) near = Math.ceil(near / 2 / MINUTE) * MINUTE;
  return near;
}

/** The last due time at or before `before`, or undefined if there is none within 41 years. */
export function previousDue(cron: string, timezone: string, before: Date): Date | undefined {
  for (let reach = wallGap(timesOf(cron, timezone).cron) + HOUR; reach < 2 * HORIZON; reach *= 2) {
    let last: Date | undefined;
    let due = nextDue(cron, timezone, new Date(before.getTime() - reach));
    while (due && due <= before) {
      last = due;
      due = nextDue(cron, timezone, due);
    }
    if (last) return last;
  }
  return undefined;
}

/** Milliseconds by which the wall clock, read as if it were UTC, may be moved without passing a match; 0 if it matches. */
function stepTowards(fields: CronFields, wall: number): number {
  const today = Math.floor(wall / DAY);
  const { value: day = today + HORIZON / DAY } = dueDays(fields, today).next();
  if (day > today) return day * DAY - wall;
  const minuteOfDay = Math.floor((wall - today * DAY) / MINUTE);
  let minute = minuteOfDay;
  while (minute < DAY / MINUTE) {
    const isHour = fields.hours.has(Math.floor(minute / 60));
    if (isHour && fields.minutes.has(minute % 60)) break;
    minute += isHour ? 1 : 60 - (minute % 60);
  }
  return (minute - minuteOfDay) * MINUTE;
}

/** Days since the epoch whose date matches, from one of them on. Within 82 years all that can be has been. */
function* dueDays({ days, months, weekdays }: CronFields, from: number): Generator<number, undefined> {
  const start = new Date(from * DAY);
  const [year, firstMonth] = [start.getUTCFullYear(), start.getUTCMonth()];
  const dates = [...days].sort((a, b) => a - b);
  for (let month = firstMonth; month < firstMonth + SPAN_MONTHS; month += 1) {
    if (!months.has((month % 12) + 1)) continue;
    const [first, next] = [Date.UTC(year, month, 1) / DAY, Date.UTC(year, month + 1, 1) / DAY];
    for (const date of dates) {
      const day = first + date - 1;
      if (day >= from && day < next && weekdays.has((EPOCH_WEEKDAY + day) % 7)) yield day;
    }
  }
  return undefined;
}

/**
 * Longest time between two due times, by the wall clock; the hour that a clock repeats in autumn does not count, but a
 * run that is left out in spring does, where the clock follows no rule that `dueTimes` knows.
 */
export function longestGapSeconds(cron: string, timezone: string): number {
  const { cron: fields } = timesOf(cron, timezone);
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const gaps = clockSkips(timezone, now, now + 365 * DAY)
    .filter((skip) => isDueWhileSkipped(fields, timezone, skip))
    .map((skip) => gapAround(cron, timezone, skip));
  return Math.max(wallGap(fields), ...gaps) / 1000;
}

function isDueWhileSkipped(fields: CronFields, timezone: string, skip: number): boolean {
  const begin = skip + zoneOffset(timezone, skip - MINUTE);
  return stepTowards(fields, begin) < skip + zoneOffset(timezone, skip) - begin;
}

function gapAround(cron: string, timezone: string, skip: number): number {
  const before = previousDue(cron, timezone, new Date(skip));
  const after = nextDue(cron, timezone, new Date(skip));
  return before && after ? after.getTime() - before.getTime() : 0;
}

/** Milliseconds. */
function wallGap(fields: CronFields): number {
  const times = [...fields.hours].flatMap((hour) =>
    [...fields.minutes].map((minute) => hour * HOUR + minute * MINUTE),
  );
  times.sort((a, b) => a - b);
  const first = times[0] ?? 0;
  let longest = 0;
  let last = first;
  for (const time of times) {
    longest = Math.max(longest, time - last);
    last = time;
  }
  return Math.max(longest, (longestRunOfDays(fields) - 1) * DAY + first + DAY - last);
}

/** Days from one matching date to the next, at most. */
function longestRunOfDays(fields: CronFields): number {
  const start = Date.UTC(2024, 0, 1) / DAY;
  const everyWeekIsTheSame = fields.days.size === 31 && fields.months.size === 12;
  const end = everyWeekIsTheSame ? start + 14 : Infinity;
  let last: number | undefined;
  let longest = 0;
  for (const day of dueDays(fields, start)) {
    if (last !== undefined) longest = Math.max(longest, day - last);
    last = day;
    if (day > end) break;
  }
  return longest;
}
