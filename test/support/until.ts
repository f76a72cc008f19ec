import { setTimeout as sleep } from 'node:timers/promises';

/** Less than vitest has for a test, so that it says what never came true. */
const PATIENCE_MS = 150_000;
const PAUSE_MS = 100;

/** Asks again until the answer is neither false nor undefined nor an error; the last error explains why it never was. */
export async function until<T>(
  ask: () => Promise<T> | T,
  patienceMs = PATIENCE_MS,
): Promise<Exclude<T, false | undefined>> {
  let last: unknown;
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
      last = answer;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`never came true: ${ask.toString()}`, { cause: last });
}
