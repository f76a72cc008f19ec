import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export interface PatientlyOptions {
  /** Ends the trying: the promise rejects with the signal's reason. */
  signal: AbortSignal;
  /** Told of each failure, with the pause before the next attempt. */
  onFailure: (error: unknown, delayMs: number) => void;
}

/** Tries until it works, for ever, with pauses that double up to 15 s. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { signal, onFailure }: PatientlyOptions,
): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      onFailure(error, delayMs);
    }
    await sleep(delayMs, undefined, { signal });
  }
}
