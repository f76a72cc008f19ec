import { z } from 'zod';
import { runRclone } from './rclone.js';
import type { RcloneRemote } from './rclone-remote.js';

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
  const difference = nanoseconds(one) - nanoseconds(other);
  const precision = BigInt(precisionNs);
  return difference < precision && difference > -precision;
}

/** Digits of a time up to the seconds, and to the milliseconds: `2026-11-22T01:48:52.123`. */
const SECONDS = 19;
const MILLISECONDS = 23;
const MILLISECOND_NS = 1_000_000;

function nanoseconds(time: string): bigint {
  const seconds = BigInt(Math.floor(Date.parse(`${time.slice(0, SECONDS)}Z`) / 1000));
  return seconds * 1_000_000_000n + BigInt(time.slice(SECONDS + 1, -1));
}
