import { z } from 'zod';
import type { Keep, KeepRecord } from '../domain/retention.js';

const Count = z.number().int().positive().optional();
const RecordedKeep: z.ZodType<Keep> = z.object({
  ...{ last: Count, hourly: Count, daily: Count, weekly: Count, monthly: Count, yearly: Count },
});

/** What a host's record of a job's `keep` must be. */
export const RecordedKeeps: z.ZodType<KeepRecord> = z.object({
  keep: RecordedKeep,
  waiting: z.object({ keep: RecordedKeep, since: z.iso.datetime() }).optional(),
});

/** Where it lies below a host's state. */
export const keepRecordFile = (job: string): string => `retention/${job}.json`;
