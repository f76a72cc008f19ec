import { parseCron, type CronFields } from './cron-fields.js';
import { clockSkips, zoneOffset } from './zone-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Weekdays of leap days repeat after 28 years; 2100 is no leap year and adds up to 12. */
const HORIZON = 41 * 365.25 * DAY;

/**
 * The first due time after `after`, or undefined if there is none within 41 years. Temporal's rules: day of the month
 * and day of the week must both match, and a time that the clock skips is not due. One that the clock repeats is due
 * twice here; Temporal 1.29 does that too west of Greenwich, and is up to an hour off in that night elsewhere.
 */
export function nextDue(cron: string, timezone: string, after: Date): Date | undefined {
  const fields = fieldsOf(cron);
  const end = after.getTime() + HORIZON;
  let instant = Math.floor(after.getTime() / MINUTE) * MINUTE + MINUTE;
  let offset = zoneOffset(timezone, instant);
  while (instant <= end) {
    const step = stepTowards(fields, new Date(instant + offset));
    if (step === 0) return new Date(instant);
    const landing = instant + step;
    const landingOffset = zoneOffset(timezone, landing);
    // The clock went forward on the way: what was skipped over may hold a due time.
    const overshot = Math.max(0, landingOffset - offset);
    instant = Math.max(instant + MINUTE, landing - overshot);
    offset = overshot > 0 ? zoneOffset(timezone, instant) : landingOffset;
  }
  return undefined;
}

/** The last due time at or before `before`, or undefined if there is none within 41 years. */
export function previousDue(cron: string, timezone: string, before: Date): Date | undefined {
  for (let reach = wallGap(fieldsOf(cron)) + HOUR; reach < 2 * HORIZON; reach *= 2) {
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

/** Milliseconds by which the wall clock may be moved without passing a match; 0 if it matches. */
function stepTowards({ minutes, hours, days, months, weekdays }: CronFields, wall: Date): number {
  const [hour, minute] = [wall.getUTCHours(), wall.getUTCMinutes()];
  const untilMidnight = DAY - hour * HOUR - minute * MINUTE;
  if (!months.has(wall.getUTCMonth() + 1)) {
    return Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 1) - wall.getTime();
  }
  if (!days.has(wall.getUTCDate()) || !weekdays.has(wall.getUTCDay())) return untilMidnight;
  if (!hours.has(hour)) return HOUR - minute * MINUTE;
  return minutes.has(minute) ? 0 : MINUTE;
}

/**
 * Longest time between two due times, by the wall clock; the hour that a clock repeats in autumn does not count, but
 * that a daily run between two and three is left out in spring does.
 */
export function longestGapSeconds(cron: string, timezone: string): number {
  const fields = fieldsOf(cron);
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  const gaps = clockSkips(timezone, now, now + 365 * DAY)
    .filter((skip) => isDueWhileSkipped(fields, timezone, skip))
    .map((skip) => gapAround(cron, timezone, skip));
  return Math.max(wallGap(fields), ...gaps) / 1000;
}

function isDueWhileSkipped(fields: CronFields, timezone: string, skip: number): boolean {
  const end = skip + zoneOffset(timezone, skip);
  for (let wall = skip + zoneOffset(timezone, skip - MINUTE); wall < end; wall += MINUTE) {
    if (stepTowards(fields, new Date(wall)) === 0) return true;
  }
  return false;
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
function longestRunOfDays({ days, months, weekdays }: CronFields): number {
  if (days.size === 31 && months.size === 12 && weekdays.size === 7) return 1;
  const start = Date.UTC(2024, 0, 1);
  let last: number | undefined;
  let longest = 0;
  for (let day = start; day < start + 2 * HORIZON; day += DAY) {
    const date = new Date(day);
    if (
      !months.has(date.getUTCMonth() + 1) ||
      !days.has(date.getUTCDate()) ||
      !weekdays.has(date.getUTCDay())
    )
      continue;
    if (last !== undefined) longest = Math.max(longest, day - last);
    last = day;
  }
  return longest / DAY;
}

function fieldsOf(cron: string): CronFields {
  const reading = parseCron(cron);
  if ('problem' in reading) throw new RangeError(`"${cron}" is no cron: expected ${reading.problem}`);
  return reading.fields;
}
