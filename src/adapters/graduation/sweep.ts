import { rmdir } from 'node:fs/promises';
import type { Move } from '../../domain/graduation.js';
import { printableName } from '../../domain/names.js';
import { type GraduationContext, proceed } from './context.js';
import { hiddenPath, placesOf } from './places.js';
import { findPublished } from './published.js';
import { isSurplus } from './surplus.js';
import { emptyFolder } from '../project/copy.js';
import { inFolder, scanPlace } from '../project/look.js';
import { folderAt, isThere, pathOf } from '../project/rename.js';
import { projectFailure } from '../project/tool.js';
import { isErrno } from '../state.js';

/** What became of one hidden source. `reason` is for people, `at` is where it is (`volume/path`). */
export type SweepEnd = { end: 'removed' | 'waiting' } | { end: 'kept'; reason: string; at: string };

/**
 * Deletes a hidden source whose time is over: only what the journal names, below `.fts/graduated`, if nothing in it
 * changed since it was hidden and its project is still where it was published, with all of it, or where a later move hid
 * it. If somebody gave the project another name there, it has to be equal besides; one that was brought back is there to
 * be worked on, and need not have all of it any more. A source that cannot be deleted is kept, and keeps no other. Safe to
 * repeat.
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
    return { end: 'kept', reason: `it could not be deleted: ${itsOwn.message}`, at: hiddenPath(move) ?? '' };
  }
}

async function sweep(context: GraduationContext, move: Move, keepSourceSeconds: number): Promise<SweepEnd> {
  const { loaded, journal, signal, now, onStep } = context;
  if (move.step === 'hidden' && now().getTime() < Date.parse(move.at ?? '') + keepSourceSeconds * 1000) {
    return { end: 'waiting' };
  }
  const { hidden, destination } = await placesOf(loaded, move);
  if (!hidden || !destination) throw new Error('a hidden source has a day, and its project a destination');
  const kept = (reason: string): SweepEnd => ({ end: 'kept', reason, at: hiddenPath(move) ?? '' });
  if ((await folderAt(hidden)) === undefined) {
    await journal.drop(move);
    return { end: 'removed' };
  }
  if (!(await isThere(hidden, move.source))) return kept('another folder is in its place');
  const published = await findPublished(context, move, destination);
  if (!published) {
    return kept(`its project is no longer in ${move.to}, where it was published`);
  }
  const isUnchanged =
    move.step === 'sweeping' || (await scanPlace(hidden, { signal })).contents === move.contents;
  if (!isUnchanged) return kept('it changed after the move');
  const mayBeWorkedOn = move.recall && move.step === 'hidden' && !published.renamed;
  if (!mayBeWorkedOn && !(await isSurplus(context, move, { hidden, published }))) {
    const name = printableName(published.place.name).path;
    return kept(
      published.renamed
        ? `its project was given the name ${name}, and is no longer equal to it`
        : `its project in ${move.to} was changed, and lacks something of it`,
    );
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
