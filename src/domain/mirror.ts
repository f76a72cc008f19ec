import type { HeldPath, HoldNotice, Removal } from './hold.js';
import type { NamedProblem } from './job.js';
import { type Limits, exceededLimits } from './limits.js';
import { filterChange } from './mirror-filter.js';

/** Limits of a mirror that declares none; what it declares counts instead, key by key. */
const DEFAULT_LIMITS: Limits = { deletes: 1000, deleteShare: 0.05, changeShare: 0.3 };

/**
 * In what order files go up, and in reverse order away: a restic repository on the volume opens on the remote at every
 * moment. 1: everything that is neither of the others, 2: its indexes, 3: its snapshots.
 */
export const UPLOAD_CLASSES = [1, 2, 3] as const;
export type UploadClass = (typeof UPLOAD_CLASSES)[number];

/** What a plan removes or overwrites on the remote, by the remote's present versions. */
export interface Loss extends Removal {
  /** At most ten. */
  biggest: HeldPath[];
  /** Base64: what all of it is, or lies under. */
  commonPath: string;
  /** SHA-256 (hex) of the names and versions. */
  hash: string;
}

/** What a mirror of files cannot hold, by reason. Counts. */
export interface Omitted {
  fifos?: number;
  sockets?: number;
  devices?: number;
  /** The name is no UTF-8. */
  notUtf8?: number;
  /** A file has the name under which a link is stored, or one that only links have. */
  collisions?: number;
  /** The name is too long for the remote. */
  tooLong?: number;
  /** Folders on which something else is mounted: what they hold is another filesystem's. */
  mounts?: number;
}

/** What waits for a person: nothing, the deletions, or whatever the remote would lose. */
export type Held = 'nothing' | 'deletions' | 'losses';

/** Folders that could not be listed: what the remote has of them stays. */
export interface UnreadableFolders {
  count: number;
  /** At most 25. */
  first: NamedProblem[];
}

/** What a mirror would do, as it is written down on the host. The names are in lists beside it. */
export interface MirrorPlan {
  /** Run of the workflow that made it. */
  runId: string;
  /** RFC 3339 UTC. */
  madeAt: string;
  /** rclone's patterns for what is left out. */
  filter: string[];
  /** Two modification times that differ by less are the same; absent where the remote keeps none. Nanoseconds. */
  precisionNs?: number;
  /** What there is to mirror, and what the remote holds before the run. */
  source: Removal;
  remote: Removal;
  /** Files that the remote does not have, by class. */
  new: [Removal, Removal, Removal];
  /** Files of another size there, by class. */
  changed: [Removal, Removal, Removal];
  /** Files of the same size and another time: rclone decides whether they changed. */
  touched: Removal;
  /** Snapshots of restic repositories, their indexes, and the rest, in this order. */
  delete: [Removal, Removal, Removal];
  /** What deletions take, what overwriting takes (changed and touched), and both. */
  losses: { deletions: Loss; overwrites: Loss; both: Loss };
  /** Which remote it is for, and whose mirror that is: what is approved for one is not for another. */
  place?: string;
  omitted: Omitted;
  unreadable?: UnreadableFolders;
  /** Restic repositories that a prune changed meanwhile: their snapshots, indexes and deletions wait for another run. */
  postponed?: string[];
  manifest: PlannedManifest;
  /** Deletions that prunes of this host's own repositories explain. */
  pruned?: Removal;
  /** The remote does not say yet whose mirror it is. */
  unowned?: true;
  /** What it exceeds, for people; absent when it needs no approval. */
  exceeds?: string;
  held: Held;
  /** Nothing is left to do: a sample that was read back while both sides were listed is what the volume has. */
  verified?: Removal;
  /** Files that differed when they were read back meanwhile. Names as listings have them. */
  doubtful?: { size: number; mtime: string; name: string; sha1: string }[];
  /** One of those that are too large for a sample, if there is any. */
  large?: LargeFile;
  /** Sizes of the lists beside it (bytes), by file name: a shorter one was cut off. */
  lists?: Record<string, number>;
}

/** A file of which a stretch is read back. Name and time as listings have them; bytes. */
export interface LargeFile {
  name: string;
  size: number;
  mtime: string;
  offset: number;
}

/** The manifest of the volume's metadata, which lies beside the plan. */
export interface PlannedManifest {
  /** Hex. */
  sha1: string;
  bytes: number;
  /** The remote has it. */
  isThere: boolean;
  /** Folders, or attributes of files, that could not be read. */
  unreadable?: UnreadableFolders;
}

/** Whether a plan leaves nothing at all to do, and nothing to tell. */
export const isStill = (plan: MirrorPlan): boolean =>
  planNumbers(plan).transfers === 0 &&
  plan.losses.deletions.files === 0 &&
  plan.manifest.isThere &&
  plan.unowned === undefined &&
  plan.manifest.unreadable === undefined &&
  plan.unreadable === undefined &&
  plan.postponed === undefined;

/** Result of a mirror. Bytes. */
export interface MirrorResult {
  transferred: Removal;
  deleted: Removal;
  verified: Removal;
  omitted: Omitted;
  plan: PlanNumbers;
  /** What could not be read: it goes up when it can. */
  unreadable?: { count: number; first: NamedProblem[]; report: string };
  /** Files that came back to the source after the plan: they stay. */
  returned?: number;
  /** Files of the remote that were to be deleted, and that rclone does not find by the names that it lists. At most ten are named. */
  left?: { count: number; first: NamedProblem[] };
  /** Restic repositories that were pruned meanwhile: their indexes, snapshots and deletions wait for the next run. */
  postponed?: string[];
  hold?: HoldNotice;
}

/** A plan in numbers. Bytes; shares of the files on the remote before the run. */
export interface PlanNumbers {
  hash: string;
  transfers: number;
  changes: number;
  deletes: number;
  deleteBytes: number;
  deleteShare: number;
  /** Those of the deletions that prunes of this host's own repositories explain. */
  pruned?: Removal;
}

/** The loss that a person would approve: of what is held, or of all if nothing is. */
export function lossToApprove({ losses, held, place }: Pick<MirrorPlan, 'losses' | 'held' | 'place'>): Loss {
  const loss = held === 'deletions' ? losses.deletions : losses.both;
  return place === undefined ? loss : { ...loss, hash: `${loss.hash}-${place}` };
}

export function planNumbers(plan: MirrorPlan): PlanNumbers {
  const { deletions, overwrites } = plan.losses;
  return {
    hash: lossToApprove(plan).hash,
    transfers: plan.new.reduce((sum, { files }) => sum + files, 0) + overwrites.files,
    changes: overwrites.files,
    deletes: deletions.files,
    deleteBytes: deletions.bytes,
    deleteShare: plan.remote.files === 0 ? 0 : deletions.files / plan.remote.files,
    ...(plan.pruned && { pruned: plan.pruned }),
  };
}

/** What a plan is judged by. */
export interface MirrorToJudge {
  limits: Limits | undefined;
  source: Removal;
  remote: Removal;
  deletions: Removal;
  /** Those of them that prunes explain: they are judged apart, and no limit is for them. */
  pruned?: Removal;
  overwrites: Removal;
  filter: readonly string[];
  /** Filter of the last plan that was released; undefined before the first. */
  filterBefore: readonly string[] | undefined;
  /** Why it cannot be told what the filter was. */
  unknownFilter?: string | undefined;
}

/** What exceeds what is allowed, and how much of the plan waits therefore. */
export function judgeMirror(plan: MirrorToJudge): { exceeds?: string; held: Held } {
  const { limits, source, remote, deletions, overwrites, pruned = NOTHING } = plan;
  const allowed = { ...DEFAULT_LIMITS, ...declared(limits) };
  const total = remote.files;
  const losses = deletions.files + overwrites.files;
  const forAll: string[] = [];
  const forDeletions: string[] = [];

  if (losses > 0 && plan.unknownFilter !== undefined) {
    forAll.push(`whether the filter changed since the last run cannot be told: ${plan.unknownFilter}`);
  } else if (losses > 0 && plan.filterBefore === undefined) {
    forAll.push(`the remote holds ${files(losses)} that no run of this job put there`);
  }
  const change = losses > 0 && plan.filterBefore && filterChange(plan.filterBefore, plan.filter);
  if (change) forAll.push(`the filter changed since the last run: ${change}`);
  const changes = exceededLimits(allowed, {
    deletes: { files: 0, bytes: 0 },
    changes: overwrites.files,
    total,
  });
  if (changes !== undefined) forAll.push(changes);

  if (deletions.files > 0 && source.files === 0) forDeletions.push('the source holds no file');
  else if (deletions.files > 0 && deletions.files >= total) {
    forDeletions.push('everything that the remote holds would be deleted');
  }
  const unexplained = { files: deletions.files - pruned.files, bytes: deletions.bytes - pruned.bytes };
  const deletes = exceededLimits(allowed, { deletes: unexplained, total });
  if (deletes !== undefined) {
    const apart = pruned.files > 0 ? `, beside ${files(pruned.files)} that a prune removed` : '';
    forDeletions.push(`${deletes}${apart}`);
  }

  const reasons = [...forAll, ...forDeletions];
  if (reasons.length === 0) return { held: 'nothing' };
  return { exceeds: reasons.join('; '), held: forAll.length > 0 ? 'losses' : 'deletions' };
}

const NOTHING: Removal = { files: 0, bytes: 0 };

/** Without keys that are there and undefined. */
const declared = (limits: Limits | undefined): Limits =>
  Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined));

const files = (count: number): string => `${String(count)} ${count === 1 ? 'file' : 'files'}`;
