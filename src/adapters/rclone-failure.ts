import { type FailureType, FtsError } from '../domain/failures.js';

/** rclone's exit codes (its documentation, "Exit code"). */
const RcloneExit = { complete: 0, failed: 1, missing: 3, retryable: 5, lessSerious: 6 } as const;

/**
 * What rclone, its backends and the kernel say, in the order in which it is looked for: the first match decides.
 * B2's words are those of its native API, S3's those of AWS' error codes.
 */
const MEANINGS: readonly (readonly [FailureType, RegExp])[] = [
  ['QuotaExceeded', /cap exceeded|cap_exceeded|storage cap|quotaexceeded|quota exceeded/i],
  ['DestinationFull', /no space left on device|disk quota exceeded|insufficient storage/i],
  [
    'RemoteDenied',
    /bad_auth_token|unauthorized|access ?denied|forbidden|\((40[13]) |\b(status|code|http)\W{1,3}40[13]\b|invalidaccesskeyid|signature (we calculated )?does not match|nosuchbucket|bucket (does not exist|not found)|application key|couldn't find bucket|bad_bucket_id/i,
  ],
  [
    'RemoteUnreachable',
    /connection (refused|reset)|no such host|network is unreachable|no route to host|i\/o timeout|timed? ?out|deadline exceeded|broken pipe|unexpected eof|: eof\b|tls:|x509|server misbehaving|too many requests|service unavailable|bad gateway|internal server error|\((429|50\d) |\b(429|50[0234])\b|temporarily/i,
  ],
  [
    'VolumeUnavailable',
    /read-only file system|input\/output error|structure needs cleaning|no such device|stale file handle/i,
  ],
  ['PermissionDenied', /permission denied|operation not permitted/i],
];

/** What concerns the whole remote, although rclone says it of the object at which it was met. */
const OF_THE_WHOLE: ReadonlySet<FailureType> = new Set([
  'QuotaExceeded',
  'DestinationFull',
  'RemoteDenied',
  'RemoteUnreachable',
]);

/** What to do about a failure, where that is known. */
export const RCLONE_HINTS: Partial<Record<FailureType, string>> = {
  DestinationFull: 'make room on the destination, then run the job again',
  QuotaExceeded: "raise the account's cap, or make room, then run the job again",
  RemoteDenied: 'look at the key, its rights and the bucket; the secret is read anew at each run',
  PermissionDenied: "give the worker's user access, or run the worker as another user",
};

/** What rclone says goes wrong. `object` is a name as rclone writes it; undefined when it speaks of the whole. */
export interface RcloneProblem {
  object?: string;
  message: string;
}

/** What a message means, if it means a failure that this product knows. */
export function meaningOfRclone(text: string): FailureType | undefined {
  return MEANINGS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** What a problem means: a file's own name, `forbidden` or `timeout`, is not what is meant. */
const meaningOf = ({ object, message }: RcloneProblem): FailureType | undefined =>
  meaningOfRclone(object === undefined || object === '' ? message : message.replaceAll(object, ''));

/** Whether a problem is one file's or folder's own, so that the rest of the run is worth its while. */
export function isOfOneObject(problem: RcloneProblem): boolean {
  if (problem.object === undefined || problem.object === '') return false;
  const meaning = meaningOf(problem);
  return meaning === undefined || !OF_THE_WHOLE.has(meaning);
}

/**
 * A file whose size changed while it was read: what rclone and Go's net/http say of it. For rclone it is like a connection
 * that broke, so that it tries anew, and in the end exits as after such a one.
 */
const CHANGED_MEANWHILE =
  /source file is being updated|ContentLength=\d+ with Body length \d+|request body larger than specified content length/;

/** Whether an exit only sums up problems of single objects. */
export const onlyObjectsFailed = (
  exitCode: number | undefined,
  problems: readonly RcloneProblem[],
): boolean =>
  (exitCode === RcloneExit.failed ||
    exitCode === RcloneExit.lessSerious ||
    (exitCode === RcloneExit.retryable && problems.some(({ message }) => CHANGED_MEANWHILE.test(message)))) &&
  problems.some(isOfOneObject) &&
  problems.every((problem) => isOfOneObject(problem) || isSummary(problem));

/** rclone's own last words after the problems that it told one by one. */
export const isSummary = ({ object, message }: RcloneProblem): boolean =>
  object === undefined &&
  /^(Fatal error received|Failed to \w+ with \d+ errors|Failed to \w+: |Attempt \d+\/\d+ failed|Can't retry any of the errors)/.test(
    message,
  );

/** The failure for an exit that is not a success. */
export function rcloneFailure(
  remote: string,
  exitCode: number | undefined,
  problems: readonly RcloneProblem[],
): FtsError {
  const decisive = problems.find((problem) => OF_THE_WHOLE.has(meaningOf(problem) ?? 'ToolFailed'));
  const last = decisive ?? problems.at(-1);
  const message = (last?.message ?? 'no message').replaceAll('\n', '; ').slice(0, 500);
  const meaning = problems.map(meaningOf).find((type) => type !== undefined);
  const type =
    (decisive && meaningOf(decisive)) ??
    (exitCode === RcloneExit.missing ? 'PathMissing' : (meaning ?? 'ToolFailed'));
  const code = exitCode === undefined ? 'was killed' : `exit code ${String(exitCode)}`;
  return new FtsError(type, `remote ${remote}: rclone ${code}: ${message}`, RCLONE_HINTS[type]);
}
