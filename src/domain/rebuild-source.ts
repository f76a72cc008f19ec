/** Something that a volume could be rebuilt from. */
export type SourceCandidate = {
  /** Milliseconds since the epoch; 0 where it is not known. */
  atMs: number;
  /** Misses files. */
  partial: boolean;
  /** Holds all of the volume, and not only some folders of it. */
  whole: boolean;
  /** Would be lost with the volume. */
  lostToo?: boolean;
} & ({ repository: string; snapshot: string } | { remote: string });

export interface SourceChoice {
  source: SourceCandidate;
  /** What there is to say of the choice, for people. */
  notes: string[];
}

/**
 * The newest complete source; one that is partial or has only some folders only where there is no other, and one of an unknown
 * time only where nothing else is. Of two of the same moment the first. If anything was saved before the volume was provisioned
 * empty (`emptyAt`, RFC 3339), that is of the lost drive, and what was saved later of the new one.
 */
export function chooseSource(
  candidates: readonly SourceCandidate[],
  emptyAt: string | undefined,
): SourceChoice | undefined {
  const emptyMs = emptyAt === undefined ? Infinity : Date.parse(emptyAt);
  const known = candidates.filter(({ atMs }) => atMs > 0);
  const isOfLost = known.some(({ atMs }) => atMs <= emptyMs);
  const isOfNew = ({ atMs }: SourceCandidate): boolean => isOfLost && atMs > emptyMs;
  const rank = (one: SourceCandidate): number =>
    (one.lostToo ? 16 : 0) +
    (one.atMs > 0 ? 0 : 8) +
    (isOfNew(one) ? 4 : 0) +
    (one.whole ? 0 : 2) +
    (one.partial ? 1 : 0);
  const [source] = [...candidates].sort((one, other) => rank(one) - rank(other) || other.atMs - one.atMs);
  if (source === undefined) return undefined;
  const newer = candidates.filter((one) => one.atMs > source.atMs);
  const ofNew = newer.filter(isOfNew).length;
  const notes = [
    ...(source.lostToo ? ['it lies on the same disk, and would be lost with the volume'] : []),
    ...(source.whole ? [] : ['it has only some folders of the volume']),
    ...(ofNew === 0 || emptyAt === undefined
      ? []
      : [
          `${String(ofNew)} newer sources are left out: they are of after ${emptyAt}, when the volume was provisioned empty (--snapshot takes one all the same)`,
        ]),
    ...(newer.some((one) => !isOfNew(one) && !one.whole) ? ['a newer snapshot has only some folders'] : []),
    ...(newer.some((one) => !isOfNew(one) && one.partial) ? ['a newer snapshot is partial'] : []),
  ];
  return { source, notes };
}
