import { UsageError } from '../domain/usage-error.js';
import { parseDuration } from '../domain/units.js';
import { zoneOffset } from './zone-clock.js';

/** A moment that a person named. */
export interface Moment {
  /** Milliseconds since the epoch. */
  instant: number;
  /** What there is to say about how it was understood. */
  note?: string;
}

/** Now (milliseconds since the epoch), and the zone in which a person speaks of times. */
export interface Clock {
  now: number;
  zone: string;
}

const SYNTAX =
  'a time is 2026-11-21, "2026-11-21 18:00", 18:00, today, yesterday, "yesterday 18:00", monday, "3 hours ago", "2d ago", now, or RFC 3339';

const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const WALL = /^(?:(\d{4}-\d\d-\d\d|[a-z]+(?: [a-z]+)?)(?:[ t]+|$))?(?:(\d\d?):(\d\d)(?::(\d\d))?)?$/;
const AGO = /^(\d+(?:\.\d+)?) ?([a-z]+) ago$/;

const UNITS: readonly (readonly [string, RegExp])[] = [
  ['s', /^s(ec(ond)?s?)?$/],
  ['m', /^m(in(ute)?s?)?$/],
  ['h', /^h(ours?|rs?)?$/],
  ['d', /^d(ays?)?$/],
  ['w', /^w(eeks?)?$/],
];

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const DAY_MS = 86_400_000;

/**
 * The moment that an expression means. A day without a time is its end (today: now); a weekday is the last one before
 * today; of a clock time that a zone has twice it is the later. Throws `UsageError` for what is no time, for a clock
 * time that the zone skips, and for the future.
 */
export function parseWhen(text: string, clock: Clock): Moment {
  const moment = understood(text, clock);
  if (moment.instant <= clock.now) return moment;
  const at = new Date(moment.instant).toISOString();
  throw new UsageError(`${JSON.stringify(text)} is in the future (${at})`, {
    hint: /^\d\d?:\d\d/.test(text.trim())
      ? `did you mean "yesterday ${text.trim()}"?`
      : 'name a time that is past',
  });
}

function understood(text: string, { now, zone }: Clock): Moment {
  const words = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  if (words === 'now') return { instant: now };
  if (RFC_3339.test(words) && isDay(words.slice(0, 10)))
    return { instant: Date.parse(words.replace(' ', 'T').toUpperCase()) };
  const ago = durationOf(words);
  if (ago !== undefined) return { instant: now - ago };
  const none = new UsageError(`${JSON.stringify(text)} is no time`, { hint: SYNTAX });
  const match = words === '' ? null : WALL.exec(words);
  if (match === null) throw none;
  const [, named, hours, minutes, seconds = '0'] = match;
  const today = dayOf(now, zone);
  const day = named === undefined ? today : dayNamed(named, today);
  if (day === undefined) throw none;
  if (hours === undefined || minutes === undefined)
    return { instant: day === today ? now : endOf(day, zone) };
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) throw none;
  const wall = day + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return atWall(wall, text, zone);
}

/** Milliseconds that `3 hours ago` goes back. */
function durationOf(words: string): number | undefined {
  const [, amount, noun] = AGO.exec(words) ?? [];
  if (amount === undefined || noun === undefined) return undefined;
  const unit = UNITS.find(([, pattern]) => pattern.test(noun))?.[0];
  const seconds = unit === undefined ? undefined : parseDuration(`${amount}${unit}`);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Days are the midnights at which they begin, in a zone that is UTC (milliseconds). */
const dayOf = (instant: number, zone: string): number => {
  const wall = instant + zoneOffset(zone, instant);
  return wall - (((wall % DAY_MS) + DAY_MS) % DAY_MS);
};

/** The day of `2026-11-21`, `yesterday` or `monday`; undefined for anything else. */
function dayNamed(name: string, today: number): number | undefined {
  if (/^\d/.test(name)) return isDay(name) ? Date.parse(`${name}T00:00:00Z`) : undefined;
  if (name === 'today') return today;
  if (name === 'yesterday') return today - DAY_MS;
  const word = name.replace(/^last /, '');
  const weekday =
    word.length < 3 ? -1 : WEEKDAYS.findIndex((full) => full === word || full.slice(0, 3) === word);
  if (weekday < 0) return undefined;
  return today - (((new Date(today).getUTCDay() - weekday + 6) % 7) + 1) * DAY_MS;
}

/** `2026-02-30` is none. */
function isDay(text: string): boolean {
  const parsed = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(text);
}

/** The last millisecond of a day. */
function endOf(day: number, zone: string): number {
  const next = day + DAY_MS;
  // Where a zone skips midnight, the day begins when the clock has gone on.
  return (instantsAt(next, zone)[0] ?? next - zoneOffset(zone, next - DAY_MS)) - 1;
}

function atWall(wall: number, text: string, zone: string): Moment {
  const instants = instantsAt(wall, zone);
  const last = instants.at(-1);
  if (last === undefined) {
    throw new UsageError(
      `${JSON.stringify(text)} did not exist in ${zone}: the clocks went forward over it`,
      {
        hint: 'name an earlier or a later time, or one in UTC',
      },
    );
  }
  if (instants.length === 1) return { instant: last };
  const at = new Date(last).toISOString();
  return {
    instant: last,
    note: `${JSON.stringify(text)} was twice in ${zone}; the later one is meant (${at})`,
  };
}

/** The instants at which the zone's clock shows that, in order: none, one, or two. */
function instantsAt(wall: number, zone: string): number[] {
  const offsets = new Set([wall - DAY_MS, wall, wall + DAY_MS].map((near) => zoneOffset(zone, near)));
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((instant) => instant + zoneOffset(zone, instant) === wall)
    .sort((one, other) => one - other);
}
