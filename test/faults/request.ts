import { setTimeout as sleep } from 'node:timers/promises';
import { answer as answerOf } from '../cli/fts.js';
import type { Answer, Round } from './scenario.js';
import type { World } from './world.js';

/** A run that was asked for by `fts`. */
export interface Request {
  ended: Promise<'ended'>;
  /** Its answer; throws if there is none within that time (milliseconds). */
  answer(patienceMs: number): Promise<Answer>;
}

export function ask(world: World, { job, request = ['run', job] }: Pick<Round, 'job' | 'request'>): Request {
  const exit = world.fts(...request, '--json', '--timeout', '120');
  return {
    ended: exit.then(() => 'ended' as const),
    answer: async (patienceMs) => {
      const late = new AbortController();
      try {
        const lateness = sleep(patienceMs, undefined, { signal: late.signal });
        const end = await Promise.race([exit, lateness]);
        if (!end) throw new Error(`${job} came to no end within ${String(patienceMs / 1000)} s`);
        return { outcome: 'refused', ...answerOf(end) } as unknown as Answer;
      } finally {
        late.abort();
      }
    },
  };
}
