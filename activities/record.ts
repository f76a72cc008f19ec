import { FtsError } from '../src/domain/failures.js';
import type { RunError } from '../src/domain/job.js';
import type { EndedRun, JobRecord } from '../src/domain/job-record.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { currentRun } from './current-run.js';
import { toApplicationFailure } from './failure.js';

export interface RecordDependencies {
  current: () => Promise<LoadedEstate>;
  records: {
    /** Fails with `StateCorrupt`. */
    read(job: string): Promise<JobRecord | undefined>;
    write(record: JobRecord): Promise<void>;
  };
}

export interface RecordRunInput {
  job: string;
  startedAt: string;
  outcome: Outcome;
  result: unknown;
  error?: RunError;
}

export const createRecordActivities = ({ current, records }: RecordDependencies) => ({
  /**
   * Keeps how a run ended in the host's record of the job. Safe to retry: it writes the same again. A complete run
   * needs nothing of the record before it and replaces even a damaged one; any other would lose the last success with
   * it, and fails with `StateCorrupt`.
   */
  recordRun: async ({ job, ...ended }: RecordRunInput): Promise<void> => {
    try {
      const { estate } = await current();
      const kind = Object.hasOwn(estate.jobs, job) ? estate.jobs[job]?.kind : undefined;
      if (kind === undefined) throw new FtsError('UnknownJob', `the estate declares no job ${job}`);
      const last = { ...ended, ...currentRun(), endedAt: new Date().toISOString() } satisfies EndedRun;
      const lastSuccess = ended.outcome === 'complete' ? last : (await records.read(job))?.lastSuccess;
      await records.write({ job, kind, lastSuccess, last });
    } catch (error) {
      throw toApplicationFailure(error);
    }
  },
});

export type RecordActivities = ReturnType<typeof createRecordActivities>;
