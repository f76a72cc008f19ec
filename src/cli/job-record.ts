import { readJobRecord } from '../adapters/job-records.js';
import type { State } from '../adapters/state.js';
import type { JobRecord } from '../domain/job-record.js';
import { note } from './output.js';

/** The host's record of a job; one that cannot be read is told about and counts as none. */
export async function knownJobRecord(state: State, job: string): Promise<JobRecord | undefined> {
  try {
    return await readJobRecord(state, job);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
