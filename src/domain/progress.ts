import type { Trouble } from './patience.js';

/** What an activity heartbeats: how far the tool is. Small. */
export interface Progress {
  /** What is being done, in the tool's own words: `backup`, `forget`. */
  phase: string;
  bytes?: number;
  totalBytes?: number;
  files?: number;
  totalFiles?: number;
  /** What comes one after the other: the parts of a rebuild. */
  parts?: number;
  totalParts?: number;
  /** What is being worked on, as it may be printed. */
  name?: string;
  /** Mean over the attempt so far. */
  bytesPerSecond?: number;
  etaSeconds?: number;
  /** Why nothing moves at the moment, for a person. */
  waiting?: string;
  /** The present streak of failures, kept from attempt to attempt (`patience.ts`). */
  trouble?: Trouble;
}

/** Share done, 0..1, by bytes where they are known, else by files; undefined before the total is known. */
export function shareDone({ bytes, totalBytes, files, totalFiles }: Progress): number | undefined {
  if (totalBytes) return Math.min(1, (bytes ?? 0) / totalBytes);
  if (totalFiles) return Math.min(1, (files ?? 0) / totalFiles);
  return undefined;
}
