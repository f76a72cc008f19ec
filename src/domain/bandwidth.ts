/** A moment from which a limit holds. Minutes since Sunday 00:00; bytes per second, undefined without a limit. */
interface Slot {
  minuteOfWeek: number;
  upload: number | undefined;
}

/** When which limit holds; at least one slot, as written. */
export type BandwidthTimetable = readonly Slot[];

/** A minute of the week: `weekday` 0 is Sunday. */
export interface WeekMinute {
  weekday: number;
  minuteOfDay: number;
}

/** What the estate file accepts, for error messages. */
export const BANDWIDTH_SYNTAX =
  'a limit such as 2M, or a timetable such as "08:00,2M 23:00,off" or "Mon-08:00,2M:10M" (rclone\'s --bwlimit)';

const MINUTES_A_DAY = 1440;
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const POWERS = ['K', 'M', 'G', 'T', 'P', 'E'];

/** Reads what rclone's `--bwlimit` takes; undefined for anything else. */
export function parseBandwidth(text: string): BandwidthTimetable | undefined {
  if (text.startsWith(' ')) return undefined;
  // rclone takes a lone time for 8 KiB/s up and none down, which nobody means.
  if (/^\d\d:\d\d$/.test(text)) return undefined;
  if (!/[ ,]/.test(text)) {
    const limit = parsePair(text);
    return limit && [{ minuteOfWeek: 0, ...limit }];
  }
  const slots: Slot[] = [];
  for (const entry of text.trim().split(/ +/)) {
    const read = parseEntry(entry);
    if (!read) return undefined;
    slots.push(...read);
  }
  return slots;
}

/** Bytes per second that may be uploaded at that minute; undefined without a limit. */
export function uploadLimitAt(
  timetable: BandwidthTimetable,
  { weekday, minuteOfDay }: WeekMinute,
): number | undefined {
  const now = weekday * MINUTES_A_DAY + minuteOfDay;
  let current = timetable.at(-1);
  let began = -1;
  for (const slot of timetable) {
    if (slot.minuteOfWeek > now || slot.minuteOfWeek < began) continue;
    current = slot;
    began = slot.minuteOfWeek;
  }
  return current?.upload;
}

function parseEntry(entry: string): Slot[] | undefined {
  const [when = '', limitText, ...more] = entry.split(',');
  const limit = limitText === undefined ? undefined : parsePair(limitText);
  const [, day, hour, minute] = /^(?:([A-Za-z]+)-)?([01]\d|2[0-3]):([0-5]\d)$/.exec(when) ?? [];
  if (more.length > 0 || !limit || hour === undefined || minute === undefined) return undefined;
  const minuteOfDay = Number(hour) * 60 + Number(minute);
  const days = day === undefined ? [...WEEKDAYS.keys()] : [weekdayOf(day)];
  if (days.includes(-1)) return undefined;
  return days.map((weekday) => ({ minuteOfWeek: weekday * MINUTES_A_DAY + minuteOfDay, ...limit }));
}

function weekdayOf(text: string): number {
  const lower = text.toLowerCase();
  return WEEKDAYS.findIndex((name) => name === lower || name.slice(0, 3) === lower);
}

/** `UP` or `UP:DOWN`. */
function parsePair(text: string): { upload: number | undefined } | undefined {
  const [up = '', down, ...more] = text.split(':');
  const upload = parseLimit(up);
  if (more.length > 0 || upload === undefined || (down !== undefined && parseLimit(down) === undefined))
    return undefined;
  return { upload: upload > 0 ? upload : undefined };
}

/** Bytes per second, 0 for none; without a suffix KiB, as rclone has it. Undefined for anything else. */
function parseLimit(text: string): number | undefined {
  if (text.toLowerCase() === 'off') return 0;
  const [, amount, suffix = 'K'] = /^(\d+(?:\.\d*)?|\.\d+)(B|[KMGTPE](?:iB?)?)?$/i.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const bytes = Math.trunc(Number(amount) * 1024 ** (POWERS.indexOf(suffix[0]?.toUpperCase() ?? '') + 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
