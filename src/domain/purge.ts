import type { HoldNotice, Removal } from './hold.js';
import type { NamedProblem } from './job.js';
import { OWN_FOLDER } from './sentinel.js';

/** Result of a purge. `files` counts no folders; `bytes` are the sizes of regular files. */
export interface PurgeResult {
  deleted: Removal;
  /** Files of the plan that changed, or were replaced, after it was made: they stay. */
  changed?: number;
  /** What could not be looked at or deleted; `first` holds at most 25 entries. */
  problems?: PurgeProblems;
  hold?: HoldNotice;
}

export interface PurgeProblems {
  count: number;
  first: NamedProblem[];
}

/** The times of one entry. Nanoseconds since the epoch. */
export interface EntryTimes {
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/**
 * Whether an entry is old: not changed in any way since the cutoff. ctime counts because mtime can be set back, as
 * unpacking an archive does; a time in the future is a change.
 */
export const isOld = ({ mtimeNs, ctimeNs }: EntryTimes, cutoffNs: bigint): boolean =>
  (mtimeNs > ctimeNs ? mtimeNs : ctimeNs) < cutoffNs;

/** Whether a name is nothing to purge, wherever it is: this product's own files, and what fsck found. */
export const isProtectedName = (name: string): boolean =>
  name.startsWith(OWN_FOLDER) || name === 'lost+found';
