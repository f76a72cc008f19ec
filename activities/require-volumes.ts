import { FtsError } from '../src/domain/failures.js';
import type { Guard, GuardedVolume } from './admission.js';

/**
 * Has the guard look at several volumes at once. Fails as the first of them does that fails, and answers only when
 * every look has ended: nothing touches a disk for an activity that is over.
 */
export async function requireVolumes(
  guard: Guard,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, GuardedVolume>> {
  const looks = await Promise.allSettled(names.map((name) => guard.require(name, { signal })));
  const found = new Map<string, GuardedVolume>();
  for (const [index, look] of looks.entries()) {
    if (look.status === 'rejected') throw look.reason;
    found.set(names[index] ?? '', look.value);
  }
  return found;
}

/** Fails with `VolumeUnavailable` if a volume is no longer the one that the work began with: `during` says which work. */
export function requireSameTree(
  volume: string,
  before: GuardedVolume['identity'],
  after: GuardedVolume,
  during: string,
): void {
  if (before === after.identity) return;
  throw new FtsError(
    'VolumeUnavailable',
    `volume ${volume} at ${after.mountpoint} was mounted anew during the ${during}`,
  );
}
