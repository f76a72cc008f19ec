/** What the order of a rebuild goes by. */
export interface Ordered {
  isProject: boolean;
  /** Milliseconds since the epoch; the newest time of anything in it. */
  newestMs: number;
  bytes: number;
}

/** Projects first, and of both the newest first. What is equal stays as it was. */
export const inOrder = <T extends Ordered>(parts: readonly T[]): T[] =>
  [...parts].sort(
    (one, other) => Number(other.isProject) - Number(one.isProject) || other.newestMs - one.newestMs,
  );

/**
 * Parts are brought back together until so many bytes are reached, or so many parts: restic takes 0.7 s and more to start,
 * and rclone has to list. 256 MiB take longer than that from any disk or network, and are soon there.
 */
const BATCH_BYTES = 256 * 1024 ** 2;
const BATCH_PARTS = 200;

/** How many of the first parts make the next batch. One that is to be `alone` is, and so is the first of a batch's size. */
export function batchSize(parts: readonly { bytes: number; alone: boolean }[]): number {
  let bytes = 0;
  for (const [index, part] of parts.entries()) {
    if (index > 0 && (part.alone || parts[0]?.alone)) return index;
    if (index >= BATCH_PARTS || (index > 0 && bytes + part.bytes > BATCH_BYTES)) return index;
    bytes += part.bytes;
  }
  return parts.length;
}

/** Failures that are one part's own: the others come back all the same. Any other ends the run, which can be gone on with. */
export const PART_FAILURES: ReadonlySet<string> = new Set([
  ...['RepositoryDamaged', 'VerificationFailed', 'PathUnsafe', 'PathMissing', 'DestinationExists'],
  ...['NotInSnapshot', 'NotInMirror', 'SourceChanged', 'ToolFailed'],
]);

/** When so many parts fail one after the other it is no longer theirs. */
export const FAILED_IN_A_ROW = 20;
