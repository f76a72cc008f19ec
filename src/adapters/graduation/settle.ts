import type { Move } from '../../domain/graduation.js';
import { type GraduationContext, proceed } from './context.js';
import { hideSource, type MoveEnd } from './hide.js';
import { placesOf } from './places.js';
import { forget, withdraw } from './withdraw.js';
import { isThere } from '../project/rename.js';

/**
 * Brings a move that a dead process left to an end: finishes it if the project is already at its destination, else
 * forgets it, so that the project is looked at like any other. Undefined where there is nothing to tell. Safe to repeat.
 */
export async function settle(context: GraduationContext, move: Move): Promise<MoveEnd | undefined> {
  switch (move.step) {
    case 'copying':
      await forget(context, move);
      return undefined;
    case 'publishing': {
      const { destination } = await placesOf(context.loaded, move);
      if (destination && (await isThere(destination, move.copy))) {
        const publishing = await proceed(context, move, { step: 'publishing' });
        return hideSource(context, publishing, { verified: false });
      }
      await forget(context, move);
      return undefined;
    }
    case 'hiding':
      return hideSource(context, move, { verified: false });
    case 'withdrawing':
      return { kept: await withdraw(context, move, move.why) };
    case 'hidden':
    case 'sweeping':
      return undefined;
  }
}
