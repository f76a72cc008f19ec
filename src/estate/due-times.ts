import { type CronFields, fires, parseCron } from './cron-fields.js';
import { type ClockNight, clockNights } from './clock-nights.js';

/** When a job is due, by the clock on the wall: at the cron's times and at `extra` ones, and not at `skip`. */
export interface DueTimes {
  cron: CronFields;
  extra: readonly CronFields[];
  skip: readonly CronFields[];
}

const HOUR = 60;

/**
 * The times of a cron in a zone, such that a job is due once in the night in which the clock is changed. A time that
 * the clock skips is due when the clock has skipped it, and one that it repeats when it has repeated it. A job that is
 * due in the hour after as well loses nothing, and stays as it is.
 */
export function dueTimes(cron: string, zone: string): DueTimes {
  const reading = parseCron(cron);
  if ('problem' in reading) throw new RangeError(`"${cron}" is no cron: expected ${reading.problem}`);
  const { fields } = reading;
  const { skipped, repeated } = clockNights(zone);
  const spring = skipped === undefined ? [] : afterSkip(fields, skipped);
  const autumn = repeated === undefined ? { extra: [], skip: [] } : afterRepeat(fields, repeated);
  return { cron: fields, extra: [...spring, ...autumn.extra].filter(fires), skip: autumn.skip };
}

function afterSkip(fields: CronFields, night: ClockNight): CronFields[] {
  if (dueBetween(fields, night.from, night.to).length === 0) return [];
  if (dueBetween(fields, night.to, night.to + HOUR).length > 0) return [];
  return [thatNight(fields, night, [night.to])];
}

/**
 * In the hour before one that is repeated, zones east of Greenwich have to be watched too: Temporal (1.29) fires for it
 * once more when its time plus the change comes.
 */
function afterRepeat(fields: CronFields, night: ClockNight): Pick<DueTimes, 'extra' | 'skip'> {
  const { from, to } = night;
  const change = to - from;
  const times = dueBetween(fields, from - change, to);
  if (to + change > 24 * HOUR || times.some((time) => isDue(fields, time + change)))
    return { extra: [], skip: [] };
  const [before, within] = [times.filter((time) => time < from), times.filter((time) => time >= from)];
  const anyDay = {
    ...fields,
    days: night.days,
    weekdays: new Set([night.weekday]),
    months: new Set([night.month]),
  };
  return {
    extra: byHour(within.map((time) => time + change)).map((hour) => thatNight(fields, night, hour)),
    skip: byHour([...before.map((time) => time + change), ...within]).map((hour) => atTimes(anyDay, hour)),
  };
}

const isDue = ({ hours, minutes }: CronFields, time: number): boolean =>
  hours.has(Math.floor(time / HOUR)) && minutes.has(time % HOUR);

function dueBetween(fields: CronFields, from: number, to: number): number[] {
  const times = Array.from({ length: to - from }, (_, index) => from + index);
  return times.filter((time) => isDue(fields, time));
}

const byHour = (times: readonly number[]): number[][] =>
  [...new Set(times.map((time) => Math.floor(time / HOUR)))].map((hour) =>
    times.filter((time) => Math.floor(time / HOUR) === hour),
  );

/** These minutes of that night, if the cron has anything to do with its date. All times lie in one hour. */
const thatNight = (fields: CronFields, night: ClockNight, times: readonly number[]): CronFields =>
  atTimes(
    {
      ...fields,
      days: common(fields.days, night.days),
      months: common(fields.months, new Set([night.month])),
      weekdays: common(fields.weekdays, new Set([night.weekday])),
    },
    times,
  );

const atTimes = (dates: CronFields, times: readonly number[]): CronFields => ({
  ...dates,
  minutes: new Set(times.map((time) => time % HOUR)),
  hours: new Set(times.map((time) => Math.floor(time / HOUR))),
});

const common = (one: ReadonlySet<number>, other: ReadonlySet<number>): Set<number> =>
  new Set([...one].filter((number) => other.has(number)));
