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
