import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../world.js';

/** The host's record of a job, read as a file. */
export interface Recorded {
  last: { runId: string; outcome: string };
  lastSuccess?: { runId: string; outcome: string; endedAt: string; result: unknown };
}

/** Undefined where there is none, or its disk is away. */
export async function recordOf({ state }: World, job: string): Promise<Recorded | undefined> {
  try {
    return JSON.parse(await readFile(join(state, 'jobs', `${job}.json`), 'utf8')) as Recorded;
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return undefined;
  }
}
