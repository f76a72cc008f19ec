import type { FailureType } from './failures.js';
import type { NamedProblem, RunReport } from './job.js';
import {
  type Amount,
  type Conflicts,
  type RestoreSource,
  type Unrestored,
  restoreShortfall,
} from './restore.js';

/** Asks a host to bring a whole volume back. Names only; what they mean is looked up in the host's own estate. */
export interface RebuildRequest {
  estate: string;
  volume: string;
  /** From this repository; without a source named, from the newest complete one. */
  repository?: string;
  /** From the mirror on this remote. */
  remote?: string;
  /** Id of a snapshot, or the beginning of one. */
  snapshot?: string;
  /** The newest snapshot until then, or the mirror as it was then (RFC 3339 UTC). */
  at?: string;
  /** Plans anew, also where an earlier rebuild could be gone on with. */
  restart?: true;
}

/** Input of the workflows `rebuild` and `rebuildPlan`. */
export interface RebuildInput extends RebuildRequest {
  /** The host whose worker does the work. */
  host: string;
}

/** What every step of a rebuild that was prepared is told. */
export interface RebuildStepRequest {
  estate: string;
  volume: string;
  /** The rebuild's first run: a step of an earlier one finds that it is no longer asked for. */
  run: string;
}

/** A folder or file that is brought back as a whole. */
export interface RebuildPart extends Amount {
  /** Below the volume's root, printable. */
  path: string;
  encoded?: true;
  /** RFC 3339 UTC; the newest time of a change of anything in it. */
  newest: string;
  /** It lies in a folder of projects. */
  project?: true;
}

/** What a rebuild would do. Nothing was written. */
export interface RebuildPlan {
  volume: string;
  source: RestoreSource;
  /** A rebuild that did not end goes on: this is what is left of it. */
  resumes: boolean;
  /** `first` holds at most 50, in the order in which they come back. */
  parts: { count: number; projects: number; done: number; first: RebuildPart[] };
  restored: Amount;
  /** What is there already, and looks equal. */
  unchanged: Amount;
  /** Bytes that may still be written to the volume; null where nobody can tell. */
  room: number | null;
  /** What the jobs that fill the source leave out. */
  without: string[];
}

/** How far a rebuild is. */
export interface RebuildState {
  source: RestoreSource;
  resumes: boolean;
  parts: { count: number; done: number; failed: number };
}

/** Some parts that are brought back at once. */
export interface RebuildBatch extends Omit<RebuildState, 'resumes'> {
  /** Undefined when nothing is left. */
  batch?: string;
  /** The first of them, printable. */
  name?: string;
}

/** What became of a batch. */
export interface EndedBatch {
  batch: string;
  failure?: { type: string; message: string };
}

export interface FailedPart extends NamedProblem {
  type: string;
}

/** What a rebuild did. */
export interface RebuildResult {
  volume: string;
  source: RestoreSource;
  /** `failed` holds at most 50; the report has all parts. */
  parts: { count: number; done: number; failed: FailedPart[] };
  restored: Amount;
  /** Was there, and equal. */
  unchanged: Amount;
  /** Was there, and differs: it stayed as it was. */
  conflicts: Conflicts;
  /** Of the source, found on the volume at the end. */
  verified: Amount;
  /** File on the host: one part a line. */
  report: string;
  /** What of the source cannot be read: nothing of it is there. A folder stands for all that was in it. */
  unrestored?: Unrestored;
}

/** So many parts that did not come back are named in a message. */
const NAMED = 3;

/** How a rebuild ended: partial when parts did not come back, or not whole. */
export function rebuildReport(result: RebuildResult): RunReport<RebuildResult> {
  const { parts, volume, report } = result;
  const lacking = parts.count - parts.done;
  if (lacking === 0) return { outcome: 'complete', result };
  const again = `\`fts rebuild ${volume}\` tries them again`;
  const unread = restoreShortfall(result);
  if (unread && parts.failed.every(({ type }) => type === unread.type))
    return {
      outcome: 'partial',
      result,
      error: { ...unread, hint: `${unread.hint ?? ''}; ${again}` },
    };
  const named = parts.failed.slice(0, NAMED).map(({ path, message }) => `${path} (${message})`);
  const error = {
    type: 'PartsMissing' satisfies FailureType,
    message: `${String(lacking)} of ${String(parts.count)} parts did not come back: ${named.join('; ')}${lacking > named.length ? '; …' : ''}`,
    hint: `all of them are in ${report}; ${again}`,
  };
  return { outcome: 'partial', result, error };
}
