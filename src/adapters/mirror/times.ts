import { z } from 'zod';
import { runRclone } from '../rclone.js';
import type { RcloneRemote } from '../rclone-remote.js';

/** Precision of modification times by backend, in nanoseconds (seen with rclone 1.71); others are asked for theirs. */
const PRECISION_NS: Readonly<Record<string, number>> = { b2: 1_000_000, local: 1 };

/** rclone's precision for "keeps no times" (nanoseconds: a hundred years of 365 days). */
const NO_TIMES = 3_153_600_000_000_000_000;

const Features = z.object({ Precision: z.number() });

/** Two times that differ by less are the same on that remote (nanoseconds); undefined where it keeps none. */
export async function precisionOf(remote: RcloneRemote, signal?: AbortSignal): Promise<number | undefined> {
  const known = Object.hasOwn(PRECISION_NS, remote.type) ? PRECISION_NS[remote.type] : undefined;
  if (known !== undefined) return known;
  const { stdout } = await runRclone(remote, {
    args: ['backend', 'features', remote.root],
    ...(signal && { signal }),
  });
  const { Precision: precision } = Features.parse(JSON.parse(stdout));
  return precision >= NO_TIMES ? undefined : precision;
}

/** Whether two times are the same to a remote, as rclone judges it. RFC 3339 UTC with nanoseconds. */
export function sameTime(one: string, other: string, precisionNs: number | undefined): boolean {
  if (precisionNs === undefined || one === other) return true;
  if (precisionNs >= MILLISECOND_NS && one.slice(0, MILLISECONDS) === other.slice(0, MILLISECONDS))
    return true;
  // rclone counts nanoseconds in 64 bits: what is before 1677 or after 2262 comes back from there as another time.
  const difference = BigInt.asIntN(64, nanoseconds(one) - nanoseconds(other));
  const precision = BigInt(precisionNs);
  return difference < precision && difference > -precision;
}

/** Digits of a time up to the milliseconds: `2026-11-22T01:48:52.123`. */
const MILLISECONDS = 23;
const MILLISECOND_NS = 1_000_000;

/** As Go writes it, with years of any length before and after our era; or `@` and seconds. */
const TIME = /^(?:@(-?\d+)|(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d))(?:\.(\d{1,9}))?Z$/;

/** Nanoseconds since the epoch, also where a `Date` ends: btrfs and tmpfs take any time, and one file must not stop a mirror. */
function nanoseconds(time: string): bigint {
  const [, seconds, ...parts] = TIME.exec(time) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  const counted = daysOf(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return BigInt(seconds ?? counted) * 1_000_000_000n + BigInt((parts[6] ?? '').padEnd(9, '0'));
}

/** Days since the epoch in the Gregorian calendar, counted from March on, so that the day of a leap year is the last. */
function daysOf(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 719_469;
}
