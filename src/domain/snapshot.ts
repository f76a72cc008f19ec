/** What a backup counted, as restic says it. Bytes. */
export interface SnapshotSummary {
  backupStart?: string;
  backupEnd?: string;
  filesNew?: number;
  filesChanged?: number;
  filesUnmodified?: number;
  dirsNew?: number;
  dirsChanged?: number;
  dirsUnmodified?: number;
  dataBlobs?: number;
  treeBlobs?: number;
  dataAdded?: number;
  dataAddedPacked?: number;
  totalFilesProcessed?: number;
  totalBytesProcessed?: number;
}

/** A snapshot of a restic repository, in restic's own words. */
export interface Snapshot {
  id: string;
  shortId: string;
  /** RFC 3339 UTC with restic's nanoseconds. */
  time: string;
  /** Id of the root of its tree. */
  tree: string;
  /** What was saved, absolute, as the machine that saved it spells paths. */
  paths: string[];
  hostname: string;
  username: string;
  uid?: number;
  gid?: number;
  /** Id of the snapshot that this one was compared with. */
  parent?: string;
  /** Id of the snapshot that this one was made of by `restic tag` or `restic rewrite`. */
  original?: string;
  tags: string[];
  excludes?: string[];
  programVersion?: string;
  summary?: SnapshotSummary;
}

/** Tag of a snapshot that misses files. */
export const isPartial = ({ tags }: Pick<Snapshot, 'tags'>): boolean => tags.includes('partial');

/** A snapshot and the repository that holds it. */
export interface HeldSnapshot {
  repository: string;
  snapshot: Snapshot;
}

/** Which snapshot is asked for: by id or the beginning of one (`latest`: as without), or the newest until a moment (ms). */
export interface Wanted {
  id?: string;
  until?: number;
}

/** The snapshot that is meant; or why there is none, with those that come nearest. */
export type Choice =
  | { found: HeldSnapshot }
  | { problem: 'none' | 'unknown' | 'ambiguous' | 'tooEarly'; nearest: HeldSnapshot[] };

/** So many are named when none is meant. */
const NEAREST = 3;

/**
 * Chooses among snapshots of one or several repositories, given in order of preference: of two of the same moment the
 * one of the repository that comes first. `snapshots` are those that hold what is asked for.
 */
export function chooseSnapshot(snapshots: readonly HeldSnapshot[], { id, until }: Wanted): Choice {
  const byAge = [...snapshots].sort((one, other) => timeOf(other) - timeOf(one)); // stable: the first of two stays first
  if (id !== undefined && id !== 'latest') return byId(byAge, id);
  const [newest] = byAge;
  if (newest === undefined) return { problem: 'none', nearest: [] };
  const found = until === undefined ? newest : byAge.find((held) => timeOf(held) <= until);
  return found ? { found } : { problem: 'tooEarly', nearest: byAge.slice(-NEAREST).reverse() };
}

function byId(byAge: readonly HeldSnapshot[], id: string): Choice {
  const wanted = id.toLowerCase();
  const found = byAge.filter(({ snapshot }) => snapshot.id.startsWith(wanted));
  const [first, ...others] = found;
  if (first === undefined || wanted === '') return { problem: 'unknown', nearest: byAge.slice(0, NEAREST) };
  if (others.every(({ snapshot }) => snapshot.id === first.snapshot.id)) return { found: first };
  return { problem: 'ambiguous', nearest: found };
}

/** Milliseconds since the epoch. */
export const timeOf = ({ snapshot }: HeldSnapshot): number => Date.parse(snapshot.time);
