import { z } from 'zod';
import type { State } from '../adapters/state.js';
import type { EndedRun, JobRecord } from '../domain/job-record.js';
import { note } from './output.js';
import { ReportSchema } from './run-view.js';

const EndedRunSchema: z.ZodType<EndedRun> = ReportSchema.extend({
  workflowId: z.string(),
  runId: z.string(),
  startedAt: z.string(),
  endedAt: z.iso.datetime(),
});

const JobRecordSchema: z.ZodType<JobRecord> = z.object({
  job: z.string(),
  kind: z.string(),
  lastSuccess: EndedRunSchema.optional(),
  last: EndedRunSchema,
});

/** What this machine's worker wrote about the last runs of a job; undefined where it wrote nothing that can be read. */
export async function readJobRecord(state: State, job: string): Promise<JobRecord | undefined> {
  try {
    return await state.read(`jobs/${job}.json`, JobRecordSchema);
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
