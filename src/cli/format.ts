import { printableName } from '../domain/names.js';
import { zoneOffset } from '../estate/zone-clock.js';

/** A count with thousands separated: `12,345`. */
export const formatCount = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** `1 file`, `2 files`. */
export const plural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Date and time for people, in the machine's zone unless told: `2026-11-21 22:05`; with seconds for timelines. */
export function formatTime(
  date: Date,
  { seconds = false, timeZone }: { seconds?: boolean; timeZone?: string } = {},
): string {
  const offset =
    timeZone === undefined ? -date.getTimezoneOffset() * 60_000 : zoneOffset(timeZone, date.getTime());
  const wall = new Date(date.getTime() + offset).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, seconds ? 19 : 16)}`;
}

/** RFC 3339 in UTC with whole milliseconds, or null where there is no time. */
export const rfc3339 = (date: Date | undefined): string | null => date?.toISOString() ?? null;

/** Text from outside that is safe on a terminal: control characters are escaped, line by line. */
export const printableText = (text: string): string =>
  text
    .split('\n')
    .map((line) => printableName(line.replaceAll('\t', '  ').replace(/\r$/, '')).path)
    .join('\n');

/** Cuts a line to a width, marking the cut. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
