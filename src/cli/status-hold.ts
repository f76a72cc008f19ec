import { z } from 'zod';
import { readHold } from '../adapters/holds.js';
import type { State } from '../adapters/state.js';
import type { HeldPath, Removal } from '../domain/hold.js';
import type { EndedRun } from '../domain/job-record.js';
import { formatDuration, formatSize } from '../domain/units.js';
import { plural } from './format.js';
import { knownRecord } from './known-record.js';

/** What holds a job, in `fts status --json`. What only the job's host knows is null on another machine. */
export interface HoldStatus {
  reason: string;
  planHash: string;
  /** RFC 3339; since when a person is waited for. */
  since: string;
  expiresAt: string;
  /** A full command line. */
  approveWith: string;
  /** RFC 3339; null as long as nobody said no. */
  rejectedAt: string | null;
  /** What its plan would remove or overwrite. */
  removal: Removal | null;
  /** At most ten. */
  biggest: HeldPath[] | null;
}

const Held = z.object({
  hold: z.object({
    reason: z.string(),
    planHash: z.string(),
    approveWith: z.string(),
    expiresAt: z.iso.datetime(),
  }),
});

/** What holds a job whose last run was held; null for any other. */
export async function holdStatus(
  state: Pick<State, 'read'>,
  job: string,
  last: EndedRun | undefined,
): Promise<HoldStatus | null> {
  if (last?.outcome !== 'held') return null;
  const held = Held.safeParse(last.result).data?.hold;
  if (held === undefined) return null;
  const known = await knownRecord(readHold(state, job));
  const record = known?.planHash === held.planHash ? known : undefined;
  return {
    ...held,
    since: record?.since ?? last.endedAt,
    rejectedAt: record?.rejectedAt ?? null,
    removal: record?.removal ?? null,
    biggest: record?.biggest ?? null,
  };
}

/** Paths that are named; programs get all that are known. */
const NAMED_PATHS = 3;

/** What a person should know of a hold before answering it, and how to. `now` in milliseconds since the epoch. */
export function holdAdvice(job: string, hold: HoldStatus, now: number): string[] {
  const { reason, since, expiresAt, approveWith, rejectedAt, removal, biggest } = hold;
  const age = (time: string): string => formatDuration(Math.max(0, now - Date.parse(time)) / 1000);
  if (rejectedAt !== null) {
    return [`${job} was held (${reason}) and rejected ${age(rejectedAt)} ago: \`fts run ${job}\` plans anew`];
  }
  if (Date.parse(expiresAt) <= now) {
    return [`${job} was held (${reason}), and nobody answered in time: \`fts run ${job}\` plans anew`];
  }
  const all = removal && `${plural(removal.files, 'file')}, ${formatSize(removal.bytes)}`;
  const named = (biggest ?? [])
    .slice(0, NAMED_PATHS)
    .map(({ path, bytes }) => `${path} (${formatSize(bytes)})`);
  return [
    `${job} is held for ${age(since)}: ${reason}`,
    ...(all ? [`  in all ${all}${named.length > 0 ? `; the biggest: ${named.join(', ')}` : ''}`] : []),
    `  \`${approveWith}\`, or \`fts reject ${job}\``,
  ];
}
