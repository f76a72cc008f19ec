import { readdir } from 'node:fs/promises';
import type { Move } from '../../domain/graduation.js';
import type { GraduationContext } from './context.js';
import { placesOf } from './places.js';
import { isStillThere, type Place } from '../project/rename.js';

/** Where the folder is that a move published. */
export interface Published {
  place: Place;
  /** Somebody gave it another name. */
  renamed: boolean;
}

/**
 * Looks for the folder that a move published: under its name; where a later move hid it, as a recall does; under another
 * name beside it. Undefined if it is nowhere there.
 */
export async function findPublished(
  { loaded, journal }: GraduationContext,
  move: Move,
  destination: Place,
): Promise<Published | undefined> {
  if (await isStillThere(destination, move.copy)) return { place: destination, renamed: false };
  for (const later of journal.moves) {
    if (later.step !== 'hidden' || later.from !== move.to || later.source.inode !== move.copy?.inode)
      continue;
    const { hidden } = await placesOf(loaded, later);
    if (hidden && (await isStillThere(hidden, move.copy))) {
      return { place: hidden, renamed: later.project !== move.destination };
    }
  }
  for (const name of await readdir(destination.parent, { encoding: 'buffer' })) {
    const place = { parent: destination.parent, name };
    if (await isStillThere(place, move.copy)) return { place, renamed: true };
  }
  return undefined;
}
