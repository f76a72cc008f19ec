import { tooManyCold } from './coldness.js';
import type { HoldNotice, Removal } from './hold.js';
import { exceededLimits, type Limits } from './limits.js';

/** A folder as the system knows it, whatever its name is at the moment. */
export interface FolderIdentity {
  device: string;
  inode: string;
  /** When it was made (nanoseconds since the epoch), where the filesystem tells: an inode is given anew, this is not. */
  born?: string | undefined;
}

/**
 * How far a move is. It is written before the step that it names, so that a process that finds it knows what may have
 * happened and what cannot have.
 *
 * - `copying`: the project is untouched; there may be a copy in staging, whole or not.
 * - `publishing`: the copy is whole, verified and durable; it is in staging or already at its destination.
 * - `hiding`: the destination is durable; the source is at its place or already hidden.
 * - `withdrawing`: the source changed meanwhile, or is in use, and is at its place; the destination is on its way back to staging.
 * - `hidden`: the move is over; the hidden source waits for its time.
 * - `sweeping`: the hidden source is being deleted; a part of it may be gone.
 */
export const MOVE_STEPS = ['copying', 'publishing', 'hiding', 'withdrawing', 'hidden', 'sweeping'] as const;
export type MoveStep = (typeof MOVE_STEPS)[number];

/** One project on its way, to the archive or back. Names are hex, as they need not be UTF-8; folders are `volume/path` as declared at the time. */
export interface Move {
  /** Names the copy in staging. */
  id: string;
  from: string;
  to: string;
  project: string;
  source: FolderIdentity;
  /** Digest of all there is in the source, inodes and times of change included. */
  contents: string;
  /** Digest of what a copy has to have too. */
  likeness: string;
  files: number;
  bytes: number;
  step: MoveStep;
  /** From `publishing` on. */
  destination?: string | undefined;
  copy?: FolderIdentity | undefined;
  /** From `hiding` on: the folder that holds the hidden source: a day, with a number if it held one of that name. */
  day?: string | undefined;
  /** While withdrawing: why the project stays. */
  why?: string | undefined;
  /** From `hidden` on. `at` is RFC 3339 UTC, `run` the run that hid it; of a recall, the one that began or finished it. */
  at?: string | undefined;
  run?: string | undefined;
  /** An operator wants it back: `from` is the archive, and it keeps its name. */
  recall?: true | undefined;
}

/** A project that was brought back, which counts as active from then on. `project` is its name there (hex), `at` RFC 3339 UTC. */
export interface Recalled {
  project: string;
  folder: FolderIdentity;
  at: string;
}

/** Whether a move has to be brought to an end: by the next run, whichever way it goes. */
export const isUnderWay = ({ step }: Pick<Move, 'step'>): boolean => step !== 'hidden' && step !== 'sweeping';

/** Name of a project in results, printable. */
export interface NamedProject {
  project: string;
  encoded?: true;
}

export type MovedProject = NamedProject & { files: number; bytes: number; destination: string };
export type UnmovedProject = NamedProject & { reason: string };

/** How long a hidden source stays where the estate does not say (seconds). */
export const KEEP_SOURCE_SECONDS = 7 * 24 * 3600;

/** What became of hidden sources in this run. */
export interface HiddenSources {
  removed: number;
  waiting: number;
  /** Kept for good: they, or what became of them in the archive, changed after the move. */
  kept: number;
  /** Why, of the first ten that are kept, and where they are (`volume/path`). */
  reasons: (UnmovedProject & { at?: string })[];
}

/** Result of a graduation. Bytes; lists hold at most 50 entries and `report` all of them, one JSON object a line. */
export interface GraduationResult {
  counts: { moved: number; kept: number; failed: number };
  moved: MovedProject[];
  kept: UnmovedProject[];
  failed: UnmovedProject[];
  sources: HiddenSources;
  report: string;
  hold?: HoldNotice;
}

/** What a run would take away from the source. Bytes. */
export interface GraduationPlan {
  /** Folders in the source, cold or not. */
  projects: number;
  /** Those of them that would go. */
  cold: number;
  /** Those that would go if their names were not taken at the destination: no plan takes anything of them away. */
  conflicts: number;
  /** Of the cold ones. */
  removal: Removal;
  /** Files in all projects. */
  total: number;
}

/**
 * Why a person has to look at the plan first; undefined if nobody has to. A project that cannot go, night for night, counts
 * neither among the cold ones nor among all of them: it is told as a conflict, and holds no other.
 */
export function holdReason(
  { projects, cold, conflicts, removal, total }: GraduationPlan,
  limits: Limits | undefined,
): string | undefined {
  if (tooManyCold(cold, projects - conflicts)) {
    const besides = conflicts === 0 ? '' : `, besides ${String(conflicts)} whose names are taken`;
    return `${String(cold)} of ${String(projects - conflicts)} projects are cold at once${besides}: is the clock right, and were times set back?`;
  }
  return exceededLimits(limits, { deletes: removal, total });
}
