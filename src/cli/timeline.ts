import type { RunError } from '../domain/job.js';

/** One line of `fts logs`. */
export interface TimelineEntry {
  /** RFC 3339. */
  at: string;
  /** From Temporal's history, or from the log of a worker on this machine. */
  source: 'history' | 'worker';
  message: string;
  /** Activity, in words. */
  step?: string;
  /** Counted from 1. */
  attempt?: number;
  /** Log level of a worker's line. */
  level?: string;
  error?: RunError;
}

/** Both sources in the order of time; what happened at the same moment stays in the order it came. */
export const mergeTimelines = (...sources: readonly (readonly TimelineEntry[])[]): TimelineEntry[] =>
  sources.flat().sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
