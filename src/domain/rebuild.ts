/** Why nothing is known of a source. */
export interface SourceProblem {
  type: string;
  message: string;
}

/** What jobs leave out of a source. */
interface Without {
  /** Literal paths, relative to the volume's root. */
  paths: string[];
  /** Patterns, in the tool's own syntax. */
  patterns: string[];
}

/** What a repository has of a volume. */
export interface RepositorySource {
  repository: string;
  /** The volume it lies on; null if it is on none of the estate's. */
  volume: string | null;
  /** It lies on a disk of the volume that would be lost, and would be lost too. */
  lostToo: boolean;
  /** Complete snapshots of the volume. */
  snapshots: number;
  /** RFC 3339 UTC; of the oldest and the newest complete snapshot. */
  from: string | null;
  until: string | null;
  ageSeconds: number | null;
  snapshotId: string | null;
  files: number | null;
  bytes: number | null;
  /** RFC 3339 UTC; of a partial snapshot that is newer than the newest complete one. */
  partialUntil: string | null;
  /** Only these folders are in the newest snapshot; null: all of the volume. */
  only: string[] | null;
  without: Without;
  /** Of the last drill whose sample was large enough to tell. */
  bytesPerSecond: number | null;
  /** That long a restore of all takes at that speed. Null where none is known. */
  restoreSeconds: number | null;
  problem: SourceProblem | null;
}

/** What a mirror has of a volume. */
export interface MirrorSource {
  job: string;
  remote: string;
  /** RFC 3339 UTC; end of the last complete run. */
  until: string | null;
  ageSeconds: number | null;
  without: Without;
  problem: SourceProblem | null;
}

/** From what, and until when, a volume could be had back if its drive were lost. */
export interface VolumeRebuild {
  volume: string;
  host: string;
  mountpoint: string;
  repositories: RepositorySource[];
  mirrors: MirrorSource[];
  /** Repositories that lie on it. */
  holds: string[];
  gone: Gone;
}

/** What could not be had back. */
export interface Gone {
  /** All of it: nothing that is known of has anything. */
  all: boolean;
  /** RFC 3339 UTC; what was written later is gone. Null if all is. */
  writtenSince: string | null;
  /** In none of the sources that have anything. */
  without: Without;
  /** Repositories on it, of which no mirror has a copy. */
  repositories: string[];
}

/** What a drill that ended well measured. */
export interface DrilledSpeed {
  endedAt: string;
  bytesPerSecond: number;
  /** Of the files that it restored and compared. */
  compared: { bytes: number };
}

/** Below it a drill measures how long restic takes to start, not how fast files come back. */
const TELLING_BYTES = 16 * 1024 ** 2;

/** Bytes a second by the newest drill that restored enough to tell; null if none did. */
export function speedByDrills(drills: readonly DrilledSpeed[]): number | null {
  const [newest] = drills
    .filter(({ bytesPerSecond, compared }) => bytesPerSecond > 0 && compared.bytes >= TELLING_BYTES)
    .sort((one, other) => Date.parse(other.endedAt) - Date.parse(one.endedAt));
  return newest?.bytesPerSecond ?? null;
}

type Source = Pick<RepositorySource, 'until' | 'without'>;

/** What would be gone, as far as is known: a source that could not be looked into counts as none. */
export function goneWithout({
  repositories,
  mirrors,
  holds,
}: Pick<VolumeRebuild, 'repositories' | 'mirrors' | 'holds'>): Gone {
  const sources: Source[] = [...repositories.filter(({ lostToo }) => !lostToo), ...mirrors].filter(
    ({ until }) => until !== null,
  );
  const times = sources
    .flatMap(({ until }) => until ?? [])
    .sort((one, other) => Date.parse(one) - Date.parse(other));
  const inNone = (key: keyof Without): string[] => [
    ...new Set(
      sources
        .flatMap(({ without }) => without[key])
        .filter((name) => sources.every(({ without }) => leavesOut(without[key], name, key))),
    ),
  ];
  const isMirrored = mirrors.some(({ until }) => until !== null);
  return {
    all: sources.length === 0,
    writtenSince: times.at(-1) ?? null,
    without: { paths: inNone('paths'), patterns: inNone('patterns') },
    repositories: isMirrored ? [] : holds,
  };
}

/** A path is left out where it, or a folder that it lies in, is. */
const leavesOut = (names: readonly string[], name: string, key: keyof Without): boolean =>
  names.some((other) => other === name || (key === 'paths' && name.startsWith(`${other}/`)));
