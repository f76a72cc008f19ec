import { type HeldSnapshot, timeOf } from './snapshot.js';
import { type Cover, isSavedAll, isSavedInPart } from './snapshot-place.js';

/** A snapshot, and how it covers a volume. */
export interface Covered {
  held: HeldSnapshot;
  cover: Cover;
}

/** What is asked for of a volume. */
export interface Extent {
  /** Relative to the volume's root; none: all of it. */
  paths: readonly string[];
  /** Milliseconds since the epoch. */
  until: number | undefined;
}

/**
 * The snapshots to choose from: those that were made of all that is asked for, or, if none was, of some of it. A newer one
 * of another folder only, as plain restic makes them, says nothing of it. What is taken for the volume counts as before.
 */
export function widest<One extends Covered>(
  covered: readonly One[],
  { paths, until = Infinity }: Extent,
): readonly One[] {
  const inTime = covered.filter(({ held }) => timeOf(held) <= until);
  const tiers = [
    inTime.filter(({ cover }) => paths.every((path) => isSavedAll(cover, path))),
    inTime.filter(({ cover }) => paths.some((path) => isSavedInPart(cover, path))),
  ];
  const tier = tiers.find((some) => some.some(({ cover }) => cover.how !== 'assumed'));
  if (tier === undefined) return covered;
  return inTime.filter((one) => one.cover.how === 'assumed' || tier.includes(one));
}

/** What there is to say, for people, of a snapshot that was made of only some of what is asked for. */
export function narrowness(cover: Cover, paths: readonly string[]): string | undefined {
  if (paths.every((path) => isSavedAll(cover, path))) return undefined;
  return `the snapshot was made of ${cover.saved.join(', ')} only`;
}
