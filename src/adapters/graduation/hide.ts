import type { Move } from '../../domain/graduation.js';
import { type GraduationContext, proceed } from './context.js';
import { freeDay, placesOf } from './places.js';
import { forget, withdraw } from './withdraw.js';
import { inFolder, scanPlace } from '../project/look.js';
import { isMountedInto } from '../project/mounts.js';
import { whoUses } from '../project/open-files.js';
import { isThere, pathOf, renameFolder } from '../project/rename.js';

/** How a move ended: the source is hidden, or the project stays for this reason. */
export type MoveEnd = { moved: Move } | { kept: string };

/**
 * The second half of a move, whose first half left the project whole and durable at its destination: hides the source,
 * unless it is no longer what was copied, or its copy, where that was not `verified` just now, no longer what was made.
 * Safe to repeat: it goes by what is where, not by how it got there.
 *
 * The process may die on any line. Until the source is renamed, it is whole in its folder; from then on the project is
 * whole at its destination; and a source that turns out to have changed goes back to its folder before its copy goes.
 */
export async function hideSource(
  context: GraduationContext,
  published: Move,
  { verified }: { verified: boolean },
): Promise<MoveEnd> {
  const { loaded, signal, now, run, onStep } = context;
  const day = published.day ?? (await freeDay(loaded, published, now()));
  const move =
    published.step === 'hiding' ? published : await proceed(context, published, { step: 'hiding', day });
  const { source, destination, hidden } = await placesOf(loaded, move);
  if (!destination || !hidden) throw new Error('a move that hides its source has a destination and a day');
  const isThereStill = await isThere(destination, move.copy);
  const isPublished =
    isThereStill && (verified || (await scanPlace(destination, { signal })).likeness === move.likeness);

  if (await isThere(source, move.source)) {
    if (!isPublished) {
      await forget(context, move);
      return {
        kept: isThereStill
          ? `conflict: its copy in ${move.to} changed during the move; both are kept`
          : `its copy was taken away from ${move.to} during the move`,
      };
    }
    const user = await inFolder(pathOf(source), whoUses);
    if (user !== undefined) return { kept: await withdraw(context, move, `open in ${user}`) };
    if (await inFolder(pathOf(source), isMountedInto))
      return { kept: await withdraw(context, move, 'something is mounted in it') };
    if ((await scanPlace(source, { signal })).contents !== move.contents)
      return { kept: await withdraw(context, move) };
    if (!(await renameFolder(source, hidden))) {
      await withdraw(context, move);
      return { kept: 'conflict: a source of that name was hidden meanwhile' };
    }
    await onStep('hidden');
  } else if (!(await isThere(hidden, move.source))) {
    await context.journal.drop(move);
    return { kept: 'somebody else took it away during the move' };
  }

  const isSame = (await scanPlace(hidden, { signal })).contents === move.contents;
  if (isSame && isPublished) {
    return { moved: await proceed(context, move, { step: 'hidden', at: now().toISOString(), run }) };
  }
  if (!(await renameFolder(hidden, source))) {
    await proceed(context, move, { step: 'hidden', at: now().toISOString(), run });
    return {
      kept: 'conflict: it changed during the move, and another folder has its name; it is whole where sources are hidden',
    };
  }
  await onStep('put-back');
  return { kept: await withdraw(context, move) };
}
