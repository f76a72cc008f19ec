export type VolumeState = 'healthy' | 'missing' | 'wrong' | 'read-only' | 'dead' | 'unknown';
export type WorkerState = 'up' | 'down';

/** A worker that has not polled its queue for this long counts as down (seconds). Temporal's long poll lasts 60. */
export const POLL_SILENCE_SECONDS = 75;

/** Milliseconds since the epoch; `lastPollAt` is the last poll by a worker that is not known to be gone. */
export interface WorkerFacts {
  now: number;
  lastPollAt: number | undefined;
}

export function workerState({ now, lastPollAt }: WorkerFacts): WorkerState {
  if (lastPollAt === undefined) return 'down';
  return now - lastPollAt <= POLL_SILENCE_SECONDS * 1000 ? 'up' : 'down';
}

/** Whether nothing in the estate asks for a person: every scheduled job, volume, needed worker, and no rebuild that was left. */
export function isEstateHealthy(parts: {
  jobs: readonly { healthy: boolean }[];
  volumes: readonly { state: VolumeState }[];
  workers: readonly { state: WorkerState }[];
  rebuilds?: readonly { state: string }[];
}): boolean {
  return (
    parts.jobs.every(({ healthy }) => healthy) &&
    parts.volumes.every(({ state }) => state === 'healthy') &&
    parts.workers.every(({ state }) => state === 'up') &&
    (parts.rebuilds ?? []).every(({ state }) => state !== 'incomplete')
  );
}
