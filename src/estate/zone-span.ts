import { type ZoneSpan, zoneOffset } from './zone-clock.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A zone's clock from `from` to `to` (milliseconds since the epoch, whole minutes), as Intl knows it. */
export function zoneSpan(zone: string, from: number, to: number): ZoneSpan {
  const changes: ZoneSpan['changes'] = [[from, zoneOffset(zone, from)]];
  let last = zoneOffset(zone, from);
  for (let day = from; day < to; day += DAY) {
    const offset = zoneOffset(zone, day + DAY);
    if (offset === last) continue;
    changes.push([changeBetween(zone, day, day + DAY), offset]);
    last = offset;
  }
  return { zone, from, to, changes };
}

/** The first minute with another offset than `before` has. */
function changeBetween(zone: string, before: number, after: number): number {
  const offset = zoneOffset(zone, before);
  let [low, high] = [before, after];
  while (high - low > MINUTE) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
    if (zoneOffset(zone, middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}
