const formats = new Map<string, Intl.DateTimeFormat>();

/** A zone's clock over a time, read off Intl once. */
export interface ZoneSpan {
  zone: string;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** Since when (at first `from`), in order, the clock is how many milliseconds ahead of UTC. */
  changes: [since: number, offset: number][];
}

let knownSpan: ZoneSpan | undefined;

/** Spares this process the first use of Intl, which takes longer than all that it is then asked. */
export const useZoneSpan = (span: ZoneSpan): void => {
  knownSpan = span;
};

/** Milliseconds by which the zone's wall clock is ahead of UTC at an instant (ms since the epoch). */
export function zoneOffset(zone: string, instant: number): number {
  if (knownSpan?.zone === zone && instant >= knownSpan.from && instant < knownSpan.to)
    return knownSpan.changes.findLast(([since]) => since <= instant)?.[1] ?? 0;
  const [, sign, hours, minutes, seconds] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format(zone).format(instant)) ?? [];
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return (sign === '-' ? -1000 : 1000) * total;
}

/** Whether Intl takes it for a zone. */
export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** Making a format costs more than a thousand uses of it. */
function format(zone: string): Intl.DateTimeFormat {
  const known =
    formats.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, known);
  return known;
}

/** What the clock on the wall shows in the zone: `weekday` 0 is Sunday. */
export function wallClock(zone: string, instant: number): { weekday: number; minuteOfDay: number } {
  const wall = new Date(instant + zoneOffset(zone, instant));
  return { weekday: wall.getUTCDay(), minuteOfDay: wall.getUTCHours() * 60 + wall.getUTCMinutes() };
}

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

interface Skips {
  zone: string;
  from: number;
  to: number;
  skips: readonly number[];
}

/** Every job of an estate asks the same. */
let lastSkips: Skips | undefined;

/** Instants from `from` to `to` at which the zone's clock goes forward, to the minute. */
export function clockSkips(zone: string, from: number, to: number): readonly number[] {
  if (lastSkips?.zone !== zone || lastSkips.from !== from || lastSkips.to !== to)
    lastSkips = { zone, from, to, skips: findSkips(zone, from, to) };
  return lastSkips.skips;
}

function findSkips(zone: string, from: number, to: number): number[] {
  const skips: number[] = [];
  let offset = zoneOffset(zone, from);
  for (let week = from; week < to; week += WEEK) {
    const last = offset;
    offset = zoneOffset(zone, week + WEEK);
    if (offset <= last) continue;
    let [before, after] = [week, week + WEEK];
    while (after - before > MINUTE) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE) * MINUTE;
      if (zoneOffset(zone, middle) > last) after = middle;
      else before = middle;
    }
    skips.push(after);
  }
  return skips;
}
