/**
 * Moments on whose two sides the disk, a repository or a remote is different. A test ends the process there
 * (`test/support/dying.ts`); what is there afterwards, and who makes it good, is in the table of docs/faults.md. A call
 * that renames, deletes, truncates or publishes has one beside it, or a reason (`test/crash-points.test.ts`).
 */
export const CRASH_POINTS = [
  'state-drafted',
  'state-replaced',
  'state-removed',
  'restic-starts',
  'restic-ended',
  'stale-lock-judged',
  'stale-lock-removed',
  'half-init-judged',
  'half-init-cleared',
  'rclone-starts',
  'rclone-ended',
  'mirror-plan-removed',
  'listing-sorted',
  'listing-replaced',
  'manifest-written',
  'manifest-replaced',
  'graduation',
  'purge-plan-begun',
  'purge-unlinked',
  'purge-folder-removed',
  'record-expired',
  'claim-laid',
  'claim-cleared',
  'provision',
  'sentinel-drafted',
  'sentinel-placed',
  'workshop-made',
  'workshop-cleared',
  'tool-tried',
  'tool-installed',
  'kit-drafted',
  'kit-placed',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

const LISTENER = Symbol.for('fts.crash-point');

/** Tells a test that this moment is reached, and of what. Without a test nobody listens, and nothing happens. */
export function crashPoint(at: CrashPoint, of = ''): void {
  (globalThis as { [LISTENER]?: (at: CrashPoint, of: string) => void })[LISTENER]?.(at, of);
}
