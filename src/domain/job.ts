import type { Outcome } from './outcome.js';
import type { Pruned } from './prune.js';
import type { KeepChange } from './retention.js';

/** Every kind of job an estate can declare. */
export const JOB_KINDS = ['snapshot', 'backup', 'mirror', 'graduation', 'purge', 'check', 'drill'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/**
 * What a run was started for, so that a host can tell whether it means the same by it.
 * `digest` is the SHA-256 (hex) of the canonical JSON of the job and all it refers to; `keys` holds the first
 * 12 hex digits of the same for each part, so that a difference can be named.
 */
export interface Declaration {
  digest: string;
  keys: Record<string, string>;
}

/** Input of every host activity: names only. What they mean is looked up in the host's own estate file. */
export interface JobRequest {
  estate: string;
  job: string;
  declaration: Declaration;
  /** Run although the estate pauses the job. */
  force?: boolean;
}

/** Input of every job workflow. */
export interface JobInput extends JobRequest {
  kind: JobKind;
  /** The host whose worker does the work. */
  host: string;
}

/** `type` is a `FailureType`, or the type of a failure that Temporal itself raised. */
export interface RunError {
  type: string;
  message: string;
  hint?: string | undefined;
}

/** What a job workflow returns; a failed run throws, with `FailureDetail` in the failure's details. */
export interface RunReport<Result = unknown> {
  outcome: Exclude<Outcome, 'failed' | 'cancelled'>;
  result: Result | null;
  error?: RunError;
}

/** First element of `details` in every `ApplicationFailure` of this product. */
export interface FailureDetail {
  hint?: string;
  /** What was done before the failure. */
  result?: unknown;
}

/** A file or folder that a tool could not read. `path` is printable (`names.ts`). */
export interface NamedProblem {
  path: string;
  encoded?: true;
  message: string;
}

/** Result of snapshot and backup. Bytes; `forgotten` is a count of snapshots. */
export interface SnapshotResult {
  snapshotId: string;
  files: { new: number; changed: number; unmodified: number };
  bytesAdded: number;
  bytesProcessed: number;
  forgotten: number;
  /** A changed `keep` that waits for a day. */
  keepChange?: KeepChange;
  /** Data that no snapshot needs any more was removed too; `gave-way`: another run came first. */
  pruned?: Pruned;
  /** `first` holds at most 50 entries; `report` is a file on the host with all of them, one JSON object a line. */
  unreadable?: { count: number; first: NamedProblem[]; report: string };
}
