import { type FailureType, FtsError } from '../../domain/failures.js';

/** restic's exit codes from 0.17 on (restic manual, "Scripting"). */
export const ResticExit = {
  complete: 0,
  partial: 3,
  noRepository: 10,
  locked: 11,
  wrongPassword: 12,
} as const;

/**
 * What restic, its backends and the kernel say, in the order in which it is looked for: the first match decides.
 * S3's words are those of AWS' error codes; B2's those of its native API.
 */
const MEANINGS: readonly (readonly [FailureType, RegExp])[] = [
  ['QuotaExceeded', /cap exceeded|cap_exceeded|storage cap|quotaexceeded|quota exceeded/i],
  ['DestinationFull', /no space left on device|disk quota exceeded|disk full|insufficient storage/i],
  ['VolumeUnavailable', /read-only file system|input\/output error|structure needs cleaning/i],
  [
    'RemoteDenied',
    /signature (we calculated )?does not match|invalidaccesskeyid|access ?denied|unauthorized|forbidden|\b40[13]\b|bucket does not exist|nosuchbucket|bad_auth_token|not currently supported on api version|application key/i,
  ],
  [
    'RepositoryDamaged',
    /ciphertext verification failed|invalid data returned|is damaged|repository contains errors|unsupported repository version/i,
  ],
  ['PermissionDenied', /permission denied|operation not permitted/i],
  [
    'RepositoryUnreachable',
    /connection (refused|reset)|no such host|network is unreachable|no route to host|i\/o timeout|timed? ?out|broken pipe|unexpected eof|tls:|x509|server misbehaving|\b(429|50[0234])\b|host key|subprocess .*exited|error talking http to rclone/i,
  ],
  // Of what nobody else explains: a piece of the repository is not there, or `restic ls` broke down at a folder.
  [
    'RepositoryDamaged',
    /<(data|tree)\/[^]*(no such file or directory|file is too short)|unable to load tree|not found in index|restic\/internal\/walker\.walk\(/i,
  ],
];

/** What to do about a failure, where that is known. */
export const HINTS: Partial<Record<FailureType, string>> = {
  QuotaExceeded: "raise the account's cap, or make room, then run the job again",
  DestinationFull: 'make room on the destination, then run the job again',
  RemoteDenied: 'look at the key, its rights and the bucket; the secret is read anew at each run',
  RepositoryDamaged: 'run `restic check` on the repository before anything else',
  PermissionDenied: "give the worker's user access, or run the worker as another user",
};

/** What restic says of the repository's own small files, with what to do: nothing that was stored is wrong. */
const BROKEN_OFF: readonly (readonly [RegExp, (file: string) => { found: string; hint: string }])[] = [
  [
    /invalid lock file: LoadRaw\(\\?\S*lock\/([0-9a-f]+)/,
    (id) => ({
      found: `its lock file ${id}… cannot be read, and it may be held by somebody`,
      hint: `see that no restic is running on it, on any host; then delete \`locks/${id}…\` in it, that one file only, and run the job again`,
    }),
  ],
  [
    /repository already contains (keys)/,
    (folder) => ({
      found: 'its making broke off: it has a key, no config, and nothing in it',
      hint: `see that nobody is making it at this moment; then delete what is in its folder \`${folder}\`, and run the job again`,
    }),
  ],
];

/** How much is read from where: numbers that look like codes of HTTP. */
const LENGTHS = /(?<=<\w+\/\w+>), \d+, \d+/g;

/** What a line of restic's means, if it means a failure that this product knows. */
export function meaningOf(text: string): FailureType | undefined {
  const said = text.replaceAll(LENGTHS, '');
  return MEANINGS.find(([, pattern]) => pattern.test(said))?.[0];
}

/** The failure for an exit that is not a success. `said` is the end of restic's stderr, redacted. */
export function resticFailure(repository: string, exitCode: number | undefined, said: string): FtsError {
  const message = finalMessage(said);
  for (const [pattern, meaning] of BROKEN_OFF) {
    const file = pattern.exec(message)?.[1];
    if (file === undefined) continue;
    const { found, hint } = meaning(file);
    return new FtsError('RepositoryDamaged', `repository ${repository}: ${found}`, hint);
  }
  switch (exitCode) {
    case ResticExit.locked:
      return new FtsError('RepositoryLocked', `repository ${repository}: ${heldBy(message)}`);
    case ResticExit.wrongPassword:
      return new FtsError(
        'WrongPassword',
        `repository ${repository} does not open with the declared password`,
        'look at the secret that its `password` names',
      );
    default: {
      const type = meaningOf(said) ?? 'ToolFailed';
      const code = exitCode === undefined ? 'was killed' : `exit code ${String(exitCode)}`;
      return new FtsError(type, `repository ${repository}: restic ${code}: ${message}`, HINTS[type]);
    }
  }
}

/** restic advises to run `restic unlock`, which removes the locks of other hosts too, whether they are at work or not. */
function heldBy(message: string): string {
  const [, id] = /storage ID ([0-9a-f]+)/.exec(message) ?? [];
  const said = message.replace(/; the `unlock` command can be used.*$/, '');
  return id === undefined
    ? said
    : `${said}; it waits for that one to end. If no restic runs there any more, delete \`locks/${id}…\` in the repository, that one file only`;
}

/** restic ends with `{"message_type":"exit_error","code":N,"message":…}`; the last line otherwise. */
function finalMessage(said: string): string {
  const [broken] = /^panic: .*/m.exec(said) ?? [];
  if (broken !== undefined) return `it broke down: ${broken}`;
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1) ?? 'no message';
  const json = /"message":"((?:[^"\\]|\\.)*)"/.exec(last);
  const text = json ? (JSON.parse(`"${json[1] ?? ''}"`) as string) : last;
  return text.replaceAll('\n', '; ').slice(0, 500);
}
