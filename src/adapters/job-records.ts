import { z } from 'zod';
import type { EndedRun, JobRecord } from '../domain/job-record.js';
import { OUTCOMES } from '../domain/outcome.js';
import type { State } from './state.js';

const Ended: z.ZodType<EndedRun> = z.object({
  workflowId: z.string(),
  runId: z.string(),
  outcome: z.enum(OUTCOMES),
  startedAt: z.string(),
  endedAt: z.iso.datetime(),
  result: z.unknown(),
  error: z.object({ type: z.string(), message: z.string(), hint: z.string().optional() }).optional(),
});

const Schema: z.ZodType<JobRecord> = z.object({
  job: z.string(),
  kind: z.string(),
  lastSuccess: Ended.optional(),
  last: Ended,
});

const fileOf = (job: string): string => `jobs/${job}.json`;

/** What this host's worker wrote about the last runs of a job. Fails with `StateCorrupt`. */
export const readJobRecord = (state: Pick<State, 'read'>, job: string): Promise<JobRecord | undefined> =>
  state.read(fileOf(job), Schema);

/** As `readJobRecord`, where it is enough to know of a run that ended: a damaged record counts as none. */
export const renewableJobRecord = (
  state: Pick<State, 'readRenewable'>,
  job: string,
): Promise<JobRecord | undefined> => state.readRenewable(fileOf(job), Schema);

/** Replaces it. Safe to repeat. */
export const writeJobRecord = (state: Pick<State, 'write'>, record: JobRecord): Promise<void> =>
  state.write(fileOf(record.job), record);

const Snapshot = z.object({ snapshotId: z.string() });

/** Id of the snapshot that a job's last complete run left; undefined where none is known. */
export async function lastSnapshot(
  state: Pick<State, 'readRenewable'>,
  job: string,
): Promise<string | undefined> {
  const record = await renewableJobRecord(state, job);
  return Snapshot.safeParse(record?.lastSuccess?.result).data?.snapshotId;
}
