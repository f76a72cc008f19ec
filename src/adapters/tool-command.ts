import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { FtsError } from '../domain/failures.js';

/** flock's exit code for "somebody else holds it"; restic and rclone do not use it. */
export const LOCK_CONFLICT = 75;

/** What is started for a tool. */
export interface ToolCommand {
  file: string;
  args: readonly string[];
  /** All that must be there: each program becomes the next one, and the last is the tool. */
  programs: readonly string[];
}

/**
 * On Linux setpriv, flock and the tool are one process: the kernel signals it when its parent ends, and it holds the
 * lock itself. Any other order leaves an orphan, or frees the lock while the tool runs.
 */
export function toolCommand(
  tool: string,
  toolArgs: readonly string[],
  lock: string | undefined,
): ToolCommand {
  if (process.platform !== 'linux') return { file: tool, args: toolArgs, programs: [tool] };
  const tied = ['--pdeathsig', 'TERM'];
  if (!lock) return { file: 'setpriv', args: [...tied, tool, ...toolArgs], programs: ['setpriv', tool] };
  const locking = ['--no-fork', '--nonblock', '--conflict-exit-code', String(LOCK_CONFLICT), lock];
  return {
    file: 'setpriv',
    args: [...tied, 'flock', ...locking, tool, ...toolArgs],
    programs: ['setpriv', 'flock', tool],
  };
}

/**
 * Fails with `ToolMissing` naming the program that is not there. setpriv and flock would tell it by an exit code that
 * could as well be the tool's.
 */
export async function requirePrograms(programs: readonly string[], path: string | undefined): Promise<void> {
  for (const program of programs) {
    const key = `${program}\0${path ?? ''}`;
    const before = foundAt.get(key);
    if (before !== undefined && (await isExecutable(before))) continue;
    const places = isAbsolute(program)
      ? [program]
      : (path ?? '').split(delimiter).map((folder) => join(folder, program));
    const executable = await Promise.all(places.map(isExecutable));
    const found = places[executable.indexOf(true)];
    if (found !== undefined) {
      foundAt.set(key, found);
      continue;
    }
    const hint = isAbsolute(program)
      ? '`fts doctor --install` fetches missing tools'
      : `install util-linux, which has ${program}`;
    throw new FtsError('ToolMissing', `cannot start ${program}: there is no such program`, hint);
  }
}

/** Where a program was last: one look in place of one for each folder of the path, each time a tool starts. */
const foundAt = new Map<string, string>();

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LC_\w+|XDG_\w+|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i;

/** What a tool sees of this process's environment: enough to find its files and the network, and no secret. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => INHERITED.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
