/** How a prune ended: `gave-way` to another run, which is no failure; the next run tries again. */
export type Pruned = 'done' | 'gave-way';

/** What a host remembers of pruning one repository. Times are RFC 3339 UTC. */
export interface PruneRecord {
  /** When the last prune ended well. */
  endedAt?: string | undefined;
  /** A prune began and is not known to have ended: it is running, or it failed. */
  startedAt?: string | undefined;
  /** So much was to be repacked at most when the last one gave way to a run that was due (bytes). */
  gaveWayAt?: number | undefined;
}

/** How often a repository is pruned where the estate says nothing (seconds): a week. */
export const PRUNE_EVERY_SECONDS = 7 * 24 * 3600;

/** A prune that gave way repacks at most so much the next time (bytes), and less each time it gives way again. */
const FIRST_REPACK_LIMIT = 16 * 1024 ** 3;

/** Less than this at a time would never get through (bytes). */
const SMALLEST_REPACK_LIMIT = 256 * 1024 ** 2;

/** A prune that could not run for this long is not worth its start-up (milliseconds). */
export const SHORTEST_PRUNE_MS = 60_000;

/**
 * Whether a repository that was first seen then is due. `now` in milliseconds since the epoch. A time that is yet to come
 * was told by a clock that was ahead, and would put it off until then.
 */
export function isPruneDue(
  record: PruneRecord | undefined,
  { firstSeen, everySeconds, now }: { firstSeen: string; everySeconds: number; now: number },
): boolean {
  const since = Date.parse(record?.endedAt ?? firstSeen);
  return since > now || now - since >= everySeconds * 1000;
}

/**
 * How much may be repacked (bytes); undefined without a limit. What was repacked when a prune is interrupted is lost,
 * so that one that gave way must do less the next time, or it would never end.
 */
export function repackLimit(record: PruneRecord | undefined): number | undefined {
  if (record?.gaveWayAt === undefined) return undefined;
  return Math.max(SMALLEST_REPACK_LIMIT, Math.floor(record.gaveWayAt / 4));
}

/** What to remember of a prune that gave way. */
export const afterGivingWay = (limit: number | undefined): number => limit ?? 4 * FIRST_REPACK_LIMIT;
