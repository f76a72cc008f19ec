import type { FailureType } from './failures.js';
import type { Declaration, NamedProblem, RunError } from './job.js';

/** What becomes of a file that is there already and is not the restored one. */
export const CONFLICT_POLICIES = ['keep', 'replace', 'rename'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/** Where restored files go: a new folder beside the original, a folder that is named, or over the original. */
export type RestoreTarget =
  | { kind: 'beside' }
  /** Absolute, or `volume/path`. */
  | { kind: 'folder'; folder: string }
  | { kind: 'in-place'; conflict: ConflictPolicy };

/** Asks a host to bring files back from a snapshot or a mirror. Names only; what they mean is looked up in the host's own estate. */
export interface RestoreRequest {
  estate: string;
  /** Names the restore: its staging, its record, what it keeps of what it replaced. */
  id: string;
  /** `volume/path`, all of one volume, as a person writes them (`request-path.ts`). */
  paths: string[];
  /** Where to look; without it in every repository that a job of the host fills from the volume. */
  repository?: string;
  /** From the mirror on this remote. */
  remote?: string;
  /** Id of a snapshot, or the beginning of one. */
  snapshot?: string;
  /** The newest snapshot until then, or the mirror as it was then (RFC 3339 UTC). */
  at?: string;
  target: RestoreTarget;
  /** What the asker's estate declares for it (`restore-declaration.ts`); a host that declares it differently refuses. */
  declaration?: Declaration;
}

/** Input of the workflows `restore` and `restorePlan`. */
export interface RestoreInput extends RestoreRequest {
  /** The host whose worker does the work. */
  host: string;
}

/** Asks for the next step of a restore that was prepared. */
export type RestoreStepRequest = Pick<RestoreRequest, 'estate' | 'id'>;

export interface Amount {
  files: number;
  bytes: number;
}

interface SourceOf {
  /** When the source was as it is restored: the snapshot's time, or of a mirror the time that was asked for. RFC 3339 UTC. */
  at: string;
  /** What there is to say about how the source was chosen, and what could not be brought back, for people. */
  notes?: string[];
}

/** A snapshot that files come from. */
export interface SnapshotSource extends SourceOf {
  repository: string;
  snapshotId: string;
  /** Some files could not be read when the snapshot was taken. */
  partial?: true;
}

/** A mirror that files come from. */
export interface MirrorSource extends SourceOf {
  remote: string;
}

/** Where restored files come from. */
export type RestoreSource = SnapshotSource | MirrorSource;

/** The source, for a line of Markdown. */
export const sourceText = (source: RestoreSource): string =>
  'remote' in source
    ? `Mirror on \`${source.remote}\``
    : `Snapshot \`${source.snapshotId.slice(0, 8)}\` of \`${source.repository}\``;

export type ConflictAction = 'kept' | 'replaced' | 'renamed';

/** A file that was there, and what became of it. */
export interface Conflict extends Omit<NamedProblem, 'message'> {
  action: ConflictAction;
  /** One of both is a folder, and the other none. */
  kindDiffers?: true;
}

/** `first` holds at most 50; `report` is a file on the host with all, one JSON object a line. */
export interface Conflicts {
  count: number;
  first: Conflict[];
  report?: string;
}

/** What a restore would do: looked at, and nothing written. Conflicts are told by size, time, mode and owner. */
export interface RestorePlan {
  source: RestoreSource;
  /** Absolute; of several folders the first. */
  target: string;
  /** All of them, where they are several. */
  targets?: string[];
  restored: Amount;
  /** Is there, and equal. */
  unchanged: Amount;
  conflicts: Conflicts;
  replaced: Amount;
}

/** `first` holds at most 50; `report` is a file on the host with all, one JSON object a line. */
export interface Unrestored {
  count: number;
  first: NamedProblem[];
  report: string;
}

/** What a restore did. */
export interface RestoreResult extends RestorePlan {
  replaced: Amount & { keptAt?: string };
  /** Compared with what the source says. */
  verified: Amount;
  /** What could not be brought back: nothing of it is there. A folder stands for all that was in it. */
  unrestored?: Unrestored;
}

/** Why a restore that did what could be done is not complete. */
export function restoreShortfall({
  unrestored,
  source,
}: Pick<RestoreResult, 'unrestored' | 'source'>): RunError | undefined {
  if (unrestored === undefined) return undefined;
  const { count, report } = unrestored;
  const what = count === 1 ? 'one file or folder' : `${String(count)} files or folders`;
  const from = 'remote' in source ? source.remote : source.repository;
  return {
    type: 'FilesUnreadable',
    message: `${what} could not be brought back from ${from}, and all else was: ${report}`,
    hint: 'look for them in another snapshot or repository, and run `restic check --read-data` on this one',
  };
}

/** Failures of a look that mean that the request cannot be met as it is (exit code 2): nothing was written. */
export const REQUEST_FAILURES: ReadonlySet<string> = new Set<FailureType>([
  ...([
    'RequestInvalid',
    'SnapshotUnknown',
    'NotInSnapshot',
    'NotInMirror',
    'TargetRefused',
    'UnknownVolume',
  ] as const),
  ...(['DestinationExists', 'DestinationFull', 'PathMissing', 'PathUnsafe', 'PermissionDenied'] as const),
  ...(['RepositoryMissing', 'WrongPassword', 'SecretMissing', 'SecretsFileLoose'] as const),
]);
