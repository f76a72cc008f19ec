import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import type { Progress } from '../../domain/progress.js';
import { ResticExit, meaningOf } from '../restic/failure.js';
import type { ResticRepository } from '../restic/repository.js';
import { missing } from '../restic/snapshots.js';
import { runRestic } from '../restic.js';
import { redact } from '../redaction.js';
import type { RestoreSetting } from './setting.js';

/** A file or folder that restic could not restore, by its path as restic tells it, without the first slash. */
export interface ResticProblem {
  path: string;
  message: string;
}

/** How a run of `restic restore` ended. */
export interface ResticRestored {
  /** What it could not restore; of a folder that could not be read, the folder. */
  problems: ResticProblem[];
  /** Files whose content was written, by path as above; told only if asked for. */
  written: string[];
  /** Something in the target could not be looked at again: `loosenAll` cures that. */
  isBarred: boolean;
}

const Problem = z.object({
  message_type: z.literal('error'),
  error: z.object({ message: z.string() }),
  item: z.string(),
});

const Written = z.object({
  message_type: z.literal('verbose_status'),
  action: z.enum(['restored', 'updated']),
  item: z.string(),
  size: z.number().positive(),
});

/** restic leaves out what is zero. */
const Count = z.number().default(0);
const Status = z.object({
  message_type: z.literal('status'),
  seconds_elapsed: Count,
  total_files: Count,
  files_restored: Count,
  files_skipped: Count,
  total_bytes: Count,
  bytes_restored: Count,
  bytes_skipped: Count,
});

/**
 * Has restic restore. It goes on where something in the repository cannot be read: that is an answer. Any other trouble,
 * of the target or of reaching the repository, is thrown as an `FtsError`.
 */
export async function resticRestore(
  { signal, tell }: Pick<RestoreSetting, 'signal' | 'tell'>,
  repository: ResticRepository,
  args: readonly string[],
): Promise<ResticRestored> {
  let progress: Progress = { phase: 'restore' };
  const found: ResticProblem[] = [];
  const written: string[] = [];
  try {
    const exit = await runRestic(repository, {
      args,
      locked: false,
      signal,
      onMessage: (message) => {
        progress = progressOf(message) ?? progress;
        tell(progress);
        const file = Written.safeParse(message).data?.item;
        if (file !== undefined) written.push(withoutSlash(file));
      },
      onProblem: (message) => {
        const problem = Problem.safeParse(message).data;
        if (problem) found.push({ path: withoutSlash(problem.item), message: problem.error.message });
      },
      onWaiting: (waiting) => {
        tell({ ...progress, waiting });
      },
    });
    if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
    return { problems: [], written, isBarred: false };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FtsError) || found.length === 0) throw error;
    const lost = found.filter(isUnreadable).map(({ path }) => path);
    const trouble = found.find((one) => one.path === '' || !(isTold(one, lost) || isBarred(one)));
    if (trouble) throw troubleOf(error, repository.name, trouble);
    return {
      problems: found
        .filter((one) => isTold(one, lost))
        .map((one) =>
          isUnreadable(one) || isForRoot(one) ? one : { ...one, message: 'its content cannot be read' },
        ),
      written,
      isBarred: found.some((one) => !isTold(one, lost)),
    };
  }
}

/** What restic says of a piece of the repository that is missing, too short, or not what was stored. */
const OF_REPOSITORY = /<(data|tree)\/|unknown blob|not found in index|ciphertext verification/i;

/** What waiting, or a person, may cure is none: nothing is given up for it. */
const isUnreadable = ({ message }: ResticProblem): boolean =>
  OF_REPOSITORY.test(message) && [undefined, 'RepositoryDamaged'].includes(meaningOf(message));

/** Whether a problem is of something that is left out: it cannot be read, its content is not there, or only root makes it. */
function isTold({ path, message }: ResticProblem, lost: readonly string[]): boolean {
  if (isUnreadable({ path, message })) return true;
  if (message.endsWith('no such file or directory'))
    return lost.includes(path) || lost.some((name) => name !== '' && message.includes(`/${name} `));
  return isForRoot({ path, message });
}

const isForRoot = ({ message }: ResticProblem): boolean =>
  /^mknod .*operation not permitted$/.test(message) && process.getuid?.() !== 0;

/** Whether the modes that restic has set keep it from looking again, as it is not root. */
const isBarred = ({ message }: ResticProblem): boolean =>
  process.getuid?.() !== 0 && message.endsWith('permission denied');

function troubleOf(error: FtsError, repository: string, { path, message }: ResticProblem): FtsError {
  const said = `repository ${repository}: ${printableName(path || '/').path}: ${redact(message)}`;
  const type = meaningOf(message);
  return new FtsError(type ?? error.type, said, type === error.type ? error.hint : undefined);
}

const withoutSlash = (path: string): string => path.replace(/^\//, '');

function progressOf(message: unknown): Progress | undefined {
  const status = Status.safeParse(message).data;
  if (status === undefined) return undefined;
  const bytes = status.bytes_restored + status.bytes_skipped;
  const bytesPerSecond = status.seconds_elapsed > 0 ? bytes / status.seconds_elapsed : 0;
  return {
    phase: 'restore',
    ...{ bytes, totalBytes: status.total_bytes },
    ...{ files: status.files_restored + status.files_skipped, totalFiles: status.total_files },
    ...(bytesPerSecond > 0 && {
      bytesPerSecond,
      etaSeconds: Math.max(0, status.total_bytes - bytes) / bytesPerSecond,
    }),
  };
}
