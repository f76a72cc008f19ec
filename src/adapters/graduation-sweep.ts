import { rmdir } from 'node:fs/promises';
import type { Move } from '../domain/graduation.js';
import { type GraduationContext, proceed } from './graduation-context.js';
import { placesOf } from './graduation-places.js';
import { isSurplus } from './graduation-surplus.js';
import { emptyFolder } from './project-copy.js';
import { inFolder, scanPlace } from './project-look.js';
import { folderAt, isThere, pathOf } from './project-rename.js';
import { projectFailure } from './project-tool.js';
import { isErrno } from './state.js';

/** What became of one hidden source. `reason` is for people. */
export type SweepEnd = { end: 'removed' | 'waiting' } | { end: 'kept'; reason: string };

/**
 * Deletes a hidden source whose time is over: only what the journal names, below `.fts/graduated`, if nothing in it
 * changed since it was hidden and its project is still where it was published, with all of it. One that cannot be deleted
 * is kept, and keeps no other. Safe to repeat.
 *
 * The process may die on any line. Before the journal's `sweeping` nothing is deleted. After it a part may be gone: then
 * what is left is compared with the project at its destination, and only an equal rest is deleted.
 */
export async function sweepSource(
  context: GraduationContext,
  move: Move,
  keepSourceSeconds: number,
): Promise<SweepEnd> {
  try {
    return await sweep(context, move, keepSourceSeconds);
  } catch (error) {
    const itsOwn = context.signal?.aborted ? undefined : projectFailure(error);
    if (itsOwn === undefined) throw error;
    return { end: 'kept', reason: `it could not be deleted: ${itsOwn.message}` };
  }
}

async function sweep(context: GraduationContext, move: Move, keepSourceSeconds: number): Promise<SweepEnd> {
  const { loaded, journal, signal, now, onStep } = context;
  if (move.step === 'hidden' && now().getTime() < Date.parse(move.at ?? '') + keepSourceSeconds * 1000) {
    return { end: 'waiting' };
  }
  const { hidden, destination } = await placesOf(loaded, move);
  if (!hidden || !destination) throw new Error('a hidden source has a day, and its project a destination');
  if ((await folderAt(hidden)) === undefined) {
    await journal.drop(move);
    return { end: 'removed' };
  }
  if (!(await isThere(hidden, move.source))) return { end: 'kept', reason: 'another folder is in its place' };
  if (!(await isThere(destination, move.copy))) {
    return { end: 'kept', reason: 'its project is not where it was published' };
  }
  if (move.step === 'hidden' && (await scanPlace(hidden, { signal })).contents !== move.contents) {
    return { end: 'kept', reason: 'it changed after the move' };
  }
  if (!(await isSurplus(context, move, { hidden, destination }))) {
    return { end: 'kept', reason: 'its project in the archive was changed, and lacks something of it' };
  }
  const sweeping = await proceed(context, move, { step: 'sweeping' });
  await inFolder(pathOf(hidden), (folder) => emptyFolder(folder, signal));
  await onStep('emptied');
  await rmdir(pathOf(hidden));
  await onStep('removed');
  await journal.drop(sweeping);
  await onStep('journal-dropped');
  await removeIfEmpty(hidden.parent);
  return { end: 'removed' };
}

/** The folder of a day goes with the last source in it. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  }
}
