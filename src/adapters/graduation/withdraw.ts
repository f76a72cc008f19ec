import type { Move } from '../../domain/graduation.js';
import { type GraduationContext, proceed } from './context.js';
import { type MovePlaces, placesOf } from './places.js';
import { inFolder, scanPlace } from '../project/look.js';
import { emptyFolder } from '../project/copy.js';
import { folderAt, isThere, pathOf, renameFolder } from '../project/rename.js';
import { rmdir } from 'node:fs/promises';

/**
 * Forgets a move whose source is whole at its place: removes what is in staging, and the entry last. Nothing but our own
 * copy is ever deleted, and it is deleted in `.fts/staging` only.
 *
 * The process may die on any line: the source is whole; what is left of the copy is still in staging, and so is the entry.
 */
export async function forget(context: GraduationContext, move: Move): Promise<void> {
  const { staging } = await placesOf(context.loaded, move);
  if (await folderAt(staging)) {
    await inFolder(pathOf(staging), (folder) => emptyFolder(folder));
    await rmdir(pathOf(staging));
    await context.onStep('staging-removed');
  }
  await context.journal.drop(move);
  await context.onStep('journal-dropped');
}

/**
 * Takes back our own publication, because the source changed, or is in use, and is whole at its place. A publication in which somebody
 * worked meanwhile stays. Returns why the project was kept: `why`, unless it was for that.
 *
 * The process may die on any line: the source is whole, and the copy is at its destination or in staging, which the
 * next run takes for what it is by its inode.
 */
export async function withdraw(context: GraduationContext, move: Move, why = CHANGED): Promise<string> {
  const withdrawing = await proceed(context, move, { step: 'withdrawing', why });
  const { destination, staging } = await placesOf(context.loaded, withdrawing);
  const published = destination !== undefined && (await isThere(destination, move.copy));
  if (published && !(await takeBack(context, move, { destination, staging }))) {
    await context.journal.drop(move);
    return 'conflict: it and its copy in the archive both changed during the move; both are kept';
  }
  await forget(context, withdrawing);
  return why;
}

/** Why a project was kept that is not what was copied. */
export const CHANGED = 'changed during the move';

async function takeBack(
  { signal, onStep }: GraduationContext,
  { likeness }: Move,
  {
    destination,
    staging,
  }: Pick<MovePlaces, 'staging'> & { destination: NonNullable<MovePlaces['destination']> },
): Promise<boolean> {
  if ((await scanPlace(destination, { signal })).likeness !== likeness) return false;
  if (!(await renameFolder(destination, staging))) return false;
  await onStep('withdrawn');
  return true;
}
