/**
 * Every way a run can fail, as the `type` of its Temporal failure. One list; the README's table is made from it.
 *
 * `heals`: whether waiting can cure it. What heals is retried until the job's patience ends (`patience.ts`);
 * what does not ends the run at once.
 */
export const FAILURES = {
  UnknownJob: {
    heals: false,
    meaning: 'the host does not declare that job, or declares it for another host',
  },
  UnknownVolume: {
    heals: false,
    meaning: 'the host does not declare that volume, or declares it for another host',
  },
  UnknownProject: { heals: false, meaning: 'the archive has no project of that name' },
  ProjectUnfit: {
    heals: false,
    meaning: 'a project is no folder, or holds what no copy can have, such as a socket',
  },
  EstateSkew: { heals: false, meaning: 'the host declares the job differently from whoever started the run' },
  VolumeUnavailable: {
    heals: false,
    meaning: 'a volume is not mounted, not the declared one, read-only or dead',
  },
  RepositoryMissing: { heals: false, meaning: 'a repository that was seen before is no longer there' },
  RepositoryReplaced: {
    heals: false,
    meaning: 'a repository lies where another one was seen before',
  },
  RepositoryUnreachable: { heals: true, meaning: 'the repository does not answer' },
  RepositoryLocked: { heals: true, meaning: 'somebody else holds a lock on the repository' },
  RepositoryDamaged: { heals: false, meaning: 'the repository holds something that is not what was stored' },
  PermissionDenied: { heals: false, meaning: "the worker's user may not read or write what the job needs" },
  WrongPassword: { heals: false, meaning: 'the repository does not open with the declared password' },
  RemoteUnreachable: { heals: true, meaning: 'the remote does not answer' },
  RemoteDenied: { heals: false, meaning: 'the remote refuses the credentials, or the bucket is gone' },
  RemoteTaken: {
    heals: false,
    meaning: 'the remote says that it is the mirror of another volume, host or estate',
  },
  QuotaExceeded: { heals: false, meaning: 'the remote has no room left for this account' },
  DestinationExists: {
    heals: false,
    meaning: 'something of that name is at the destination, and nothing is merged',
  },
  DestinationFull: { heals: false, meaning: 'the destination has no room left' },
  PathMissing: { heals: false, meaning: 'a declared folder does not exist on a healthy volume' },
  PathUnsafe: {
    heals: false,
    meaning: 'a declared path is, or passes through, a link, or leaves its volume',
  },
  RequestInvalid: { heals: false, meaning: 'what is asked for makes no sense on this host' },
  SnapshotUnknown: { heals: false, meaning: 'no snapshot is the one that is asked for, or several are' },
  NotInSnapshot: { heals: false, meaning: 'the snapshot does not hold what is asked for' },
  NotInMirror: {
    heals: false,
    meaning: 'the mirror does not hold, or at that time did not hold, what is asked for',
  },
  TargetRefused: {
    heals: false,
    meaning:
      "a restore's target lies outside the declared volumes and `restoreRoots`, or where nothing is restored to",
  },
  SourceChanged: { heals: true, meaning: 'the source changed while it was being worked on' },
  VerificationFailed: { heals: false, meaning: 'what was stored is not what was read' },
  NothingToVerify: {
    heals: false,
    meaning: 'nothing was compared, copied or stored where something was due',
  },
  SnapshotTooOld: {
    heals: false,
    meaning: 'the newest complete snapshot is older than the SLO of the job that makes it (drill)',
  },
  DrillBroken: {
    heals: false,
    meaning: 'a drill did not notice that a restored file was altered on purpose',
  },
  ApprovalInvalid: { heals: false, meaning: 'an approval is expired, used, forged, or for something else' },
  SecretMissing: { heals: false, meaning: 'a secret that the job needs has no value' },
  SecretsFileLoose: {
    heals: false,
    meaning: 'the secrets file can be read by others, or belongs to somebody else',
  },
  StateCorrupt: { heals: false, meaning: "one of the host's own records cannot be read" },
  ToolMissing: { heals: false, meaning: 'a tool is not installed, or too old' },
  ToolFailed: { heals: true, meaning: 'a tool failed in a way this product does not know' },
  HostUnavailable: { heals: true, meaning: 'no worker is polling for the host' },
  ClockStep: { heals: false, meaning: 'the clock went back, or far ahead without being synchronised' },
  FilesUnreadable: {
    heals: false,
    meaning:
      'a snapshot, mirror or restore exists, and misses files that could not be read or made (partial)',
  },
  FilesOmitted: {
    heals: false,
    meaning: 'a mirror misses files that the remote cannot hold (partial)',
  },
  PartsMissing: {
    heals: false,
    meaning: 'a rebuild brought back what it could, and some parts are missing (partial)',
  },
  JobPaused: { heals: false, meaning: 'the estate pauses the job (skipped)' },
  VolumeRebuilding: {
    heals: false,
    meaning: 'a volume of the job is being rebuilt, and only partly there (skipped)',
  },
  AlreadyRunning: { heals: false, meaning: 'the job is running already (skipped)' },
  Busy: { heals: true, meaning: 'another run on this host holds the lock' },
} as const;

export type FailureType = keyof typeof FAILURES;

/** A failure with its type and, where there is one, what to do next. Never holds a secret. */
export class FtsError extends Error {
  override readonly name = 'FtsError';

  constructor(
    readonly type: FailureType,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}
