import { zoneOffset } from './zone-clock.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** In so many years a rule such as "the second Sunday in March" meets each of the seven dates that it can fall on. */
const YEARS = 12;

/** A date of every year on which a zone's clock is changed; `days` are the seven on which the weekday can fall. */
export interface ClockNight {
  month: number;
  weekday: number;
  days: ReadonlySet<number>;
  /** First minute of the day that the clock skips or repeats, and the first after it. */
  from: number;
  to: number;
}

/** What a zone's clock skips and repeats every year; undefined for what does not follow one rule within one date. */
export interface ClockNights {
  skipped?: ClockNight | undefined;
  repeated?: ClockNight | undefined;
}

const known = new Map<string, ClockNights>();

/** The two nights of a zone, by the rules that are in force from this year on. */
export function clockNights(zone: string): ClockNights {
  let nights = known.get(zone);
  if (!nights) {
    const changes = clockChanges(zone, new Date().getUTCFullYear());
    nights = {
      skipped: nightOf(changes.filter(({ before, after }) => after > before)),
      repeated: nightOf(changes.filter(({ before, after }) => after < before)),
    };
    known.set(zone, nights);
  }
  return nights;
}

/** `before` and `after` are the clock's hands at that instant, as if they showed UTC. */
interface Change {
  before: number;
  after: number;
}

function clockChanges(zone: string, firstYear: number): Change[] {
  const months = Array.from({ length: YEARS * 12 + 1 }, (_, month) => Date.UTC(firstYear, month, 1));
  return months.slice(1).flatMap((end, index) => {
    let [before, after] = [months[index] ?? end, end];
    if (zoneOffset(zone, before) === zoneOffset(zone, after)) return [];
    while (after - before > MINUTE) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE) * MINUTE;
      if (zoneOffset(zone, middle) === zoneOffset(zone, before)) before = middle;
      else after = middle;
    }
    return [{ before: after + zoneOffset(zone, before), after: after + zoneOffset(zone, after) }];
  });
}

function nightOf(changes: readonly Change[]): ClockNight | undefined {
  const nights = changes.map(({ before, after }) => {
    const date = new Date(Math.min(before, after));
    const from = (date.getTime() % DAY) / MINUTE;
    const to = from + Math.abs(after - before) / MINUTE;
    return { day: date.getUTCDate(), month: date.getUTCMonth() + 1, weekday: date.getUTCDay(), from, to };
  });
  const [first] = nights;
  if (!first || nights.length !== YEARS || first.to >= DAY / MINUTE) return undefined;
  const same = nights.every(
    ({ month, weekday, from, to }) =>
      month === first.month && weekday === first.weekday && from === first.from && to === first.to,
  );
  const days = new Set(nights.map(({ day }) => day));
  const within = Math.max(...days) - Math.min(...days) === 6;
  const { month, weekday, from, to } = first;
  return same && days.size === 7 && within ? { month, weekday, days, from, to } : undefined;
}
