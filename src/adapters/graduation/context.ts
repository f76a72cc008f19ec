import type { Move, MoveStep } from '../../domain/graduation.js';
import type { Progress } from '../../domain/progress.js';
import type { LoadedEstate } from '../../estate/load.js';
import type { GraduationJournal } from './journal.js';

/** Everything after which the disk or the journal is different: in a move, in its undoing, in the sweep. */
export type GraduationStep =
  | `journal-${MoveStep}`
  | 'copied'
  | 'verified'
  | 'published'
  | 'hidden'
  | 'put-back'
  | 'withdrawn'
  | 'staging-removed'
  | 'journal-dropped'
  | 'emptied'
  | 'removed';

/** What every part of a graduation works with. */
export interface GraduationContext {
  loaded: LoadedEstate;
  journal: GraduationJournal;
  /** The run of the workflow, so that an attempt that comes after another knows what that one has moved. */
  run: string;
  now: () => Date;
  signal?: AbortSignal | undefined;
  /** Whether the signal was given because a person cancelled the run, so that no further attempt follows. */
  isCancelled: () => boolean;
  tell: (progress: Progress) => void;
  /** Called after each step; tests break off, or change the disk, there. */
  onStep: (step: GraduationStep) => void | Promise<void>;
}

/** Writes the next state of a move before the step that it names. */
export async function proceed<Changes extends Partial<Move>>(
  { journal, onStep }: GraduationContext,
  move: Move,
  changes: Changes & Pick<Move, 'step'>,
): Promise<Move & Changes> {
  const next = { ...move, ...changes };
  await journal.put(next);
  await onStep(`journal-${changes.step}`);
  return next;
}
