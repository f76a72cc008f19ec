import { z } from 'zod';
import type { Progress } from '../src/domain/progress.js';

/** `restic backup --json` (restic manual, "Scripting"). Keys with the value zero are left out. */
const count = z.number().default(0);

const Status = z.object({
  message_type: z.literal('status'),
  total_files: count,
  files_done: count,
  total_bytes: count,
  bytes_done: count,
  seconds_elapsed: count,
  seconds_remaining: z.number().optional(),
});

const Summary = z.object({
  message_type: z.literal('summary'),
  files_new: count,
  files_changed: count,
  files_unmodified: count,
  data_added: count,
  total_bytes_processed: count,
  snapshot_id: z.string().regex(/^[0-9a-f]{64}$/),
});
export type BackupSummary = z.infer<typeof Summary>;

const Problem = z.object({
  message_type: z.literal('error'),
  error: z.object({ message: z.string() }),
  during: z.string(),
  item: z.string(),
});

/** The progress in a status message; undefined for any other message. */
function progressOf(message: unknown): Progress | undefined {
  const { success, data } = Status.safeParse(message);
  if (!success) return undefined;
  return {
    phase: 'backup',
    bytes: data.bytes_done,
    totalBytes: data.total_bytes,
    files: data.files_done,
    totalFiles: data.total_files,
    ...(data.seconds_elapsed > 0 && { bytesPerSecond: Math.round(data.bytes_done / data.seconds_elapsed) }),
    ...(data.seconds_remaining !== undefined && { etaSeconds: data.seconds_remaining }),
  };
}

/** How far a backup is after a message. What it waits for stays said, as long as it does not get on. */
export function progressAfter(before: Progress, message: unknown): Progress {
  const now = progressOf(message) ?? before;
  const getsOn = now.bytes !== before.bytes || now.files !== before.files;
  return { ...now, ...(!getsOn && before.waiting !== undefined && { waiting: before.waiting }) };
}

/** The summary, which comes last and names the snapshot; undefined for any other message. */
export const summaryOf = (message: unknown): BackupSummary | undefined => Summary.safeParse(message).data;

/** An item that could not be stored, and why; undefined for any other message. The scan's complaints come again when the item is read. */
export function problemOf(message: unknown): { item: string; reason: string } | undefined {
  const { success, data } = Problem.safeParse(message);
  if (!success || data.during !== 'archival') return undefined;
  return { item: data.item, reason: data.error.message.split(': ').at(-1) ?? data.error.message };
}
