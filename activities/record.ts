import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type { RunError } from '../src/domain/job.js';
import type { EndedRun, JobRecord } from '../src/domain/job-record.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { currentRun } from './current-run.js';
import { toApplicationFailure } from './failure.js';

export interface RecordDependencies {
  current: () => Promise<LoadedEstate>;
  state: Pick<State, 'read' | 'write'>;
}

export interface RecordRunInput {
  job: string;
  startedAt: string;
  outcome: Outcome;
  result: unknown;
  error?: RunError;
}

const OUTCOMES = [
  'complete',
  'partial',
  'held',
  'skipped',
  'failed',
  'cancelled',
] as const satisfies readonly Outcome[];

const Run = z.object({
  workflowId: z.string(),
  runId: z.string(),
  outcome: z.enum(OUTCOMES),
  startedAt: z.string(),
  endedAt: z.string(),
  result: z.unknown(),
  error: z.object({ type: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

const JobRecordSchema = z.object({
  job: z.string(),
  kind: z.string(),
  lastSuccess: Run.optional(),
  last: Run,
});

export const createRecordActivities = ({ current, state }: RecordDependencies) => ({
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
      const file = `jobs/${job}.json`;
      const last = { ...currentRun(), endedAt: new Date().toISOString(), ...ended } satisfies EndedRun;
      const lastSuccess =
        ended.outcome === 'complete' ? last : (await state.read(file, JobRecordSchema))?.lastSuccess;
      await state.write(file, { job, kind, lastSuccess, last } satisfies JobRecord);
    } catch (error) {
      throw toApplicationFailure(error);
    }
  },
});

export type RecordActivities = ReturnType<typeof createRecordActivities>;
