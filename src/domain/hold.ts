import type { JobInput } from './job.js';
import { exactSize } from './units.js';

/** What a run wants to remove or overwrite, in numbers: what limits and bounds are compared with. Bytes. */
export interface Removal {
  files: number;
  bytes: number;
}

/** One of the biggest paths of a held plan. `path` is printable, relative to the job's root. */
export interface HeldPath {
  path: string;
  encoded?: true;
  bytes: number;
}

/** Why a run waits for a person. Kept on the host's disk; a copy without paths is in the run's result. */
export interface Hold {
  job: string;
  /** For people: which limit is exceeded, and by what. */
  reason: string;
  /** SHA-256 (hex) of the plan: the same plan has the same hash. */
  planHash: string;
  removal: Removal;
  /** At most ten. */
  biggest: HeldPath[];
  /** RFC 3339 UTC. When people were told: a run that repeats the same plan does not tell them again. */
  since: string;
  expiresAt: string;
  /** A person said no to this plan. */
  rejectedAt?: string | undefined;
}

/** What an approval allows at most. Without any, exactly the held plan. Bytes. */
export interface Bounds {
  /** Everything the plan touches lies under it, relative to the job's root. One that names no folder bounds nothing. */
  prefix?: string | undefined;
  maxFiles?: number | undefined;
  maxBytes?: number | undefined;
}

/** A person's statement. Signed when it comes from elsewhere than the host (`ssh-keygen -Y sign -n fts`). */
export interface Approval {
  estate: string;
  job: string;
  planHash: string;
  bounds: Bounds;
  /** RFC 3339 UTC. */
  expires: string;
  /** Makes it usable once. */
  nonce: string;
}

/** An approval from elsewhere: the statement's canonical JSON, and what `ssh-keygen -Y sign -n fts` makes of it. */
export interface SignedApproval {
  statement: string;
  signature: string;
}

/** Input of the workflow of a job that may be held. What the approval is worth is the host's to judge. */
export interface ApprovableInput extends JobInput {
  approval?: SignedApproval;
}

/** A held run says so, and how to answer. */
export interface HoldNotice {
  reason: string;
  planHash: string;
  /** A full command line. */
  approveWith: string;
  expiresAt: string;
}

/** A plan as an approval sees it. */
export interface PlannedRemoval {
  planHash: string;
  removal: Removal;
  /** Bytes of the longest path that all it removes or overwrites is, or lies under, relative to the job's root. */
  commonPath: Uint8Array;
}

/** Why an approval does not cover a plan; undefined if it does. `now` in milliseconds since the epoch. */
export function refusal(approval: Approval, plan: PlannedRemoval, now: number): string | undefined {
  const { bounds, expires, planHash } = approval;
  if (Date.parse(expires) <= now) return `the approval expired at ${expires}`;
  const { maxFiles, maxBytes } = bounds;
  const prefix = namesFolder(bounds.prefix) ? bounds.prefix : undefined;
  const { files, bytes } = plan.removal;
  if (prefix === undefined && maxFiles === undefined && maxBytes === undefined) {
    return planHash === plan.planHash ? undefined : 'the approval is for another plan';
  }
  if (maxFiles !== undefined && files > maxFiles) {
    return `the plan has ${String(files)} files, and ${String(maxFiles)} are approved`;
  }
  if (maxBytes !== undefined && bytes > maxBytes) {
    return `the plan has ${exactSize(bytes)}, and ${exactSize(maxBytes)} are approved`;
  }
  if (prefix !== undefined && !liesUnder(plan.commonPath, prefix)) return `the plan goes beyond ${prefix}`;
  return undefined;
}

const folderOf = (prefix: string): string => prefix.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');

/** Whether a prefix says anything: an empty one, or the job's root, would let every plan pass. */
export const namesFolder = (prefix = ''): boolean => !['', '.'].includes(folderOf(prefix));

/** Whether a path is a folder or lies below it. Compared by bytes; slashes around the folder do not count. */
export function liesUnder(path: Uint8Array, folder: string): boolean {
  const prefix = new TextEncoder().encode(folderOf(folder));
  if (prefix.length > path.length || !prefix.every((byte, index) => path[index] === byte)) return false;
  return path.length === prefix.length || path[prefix.length] === SLASH;
}

const SLASH = 0x2f;

/** What of a hold is told to everybody, with the command line that approves it. */
export const holdNotice = (
  { job, reason, planHash, expiresAt }: Hold,
  { estateFile }: { estateFile: string },
): HoldNotice => ({
  reason,
  planHash,
  approveWith: `fts approve ${job} --estate ${shellWord(estateFile)}`,
  expiresAt,
});

/** A word as a POSIX shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
