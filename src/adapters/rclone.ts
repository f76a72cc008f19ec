import { z } from 'zod';
import type { Progress } from '../domain/progress.js';
import {
  type RcloneProblem,
  isOfOneObject,
  isSummary,
  meaningOfRclone,
  onlyObjectsFailed,
  rcloneFailure,
} from './rclone-failure.js';
import { crashPoint } from './crash-point.js';
import type { RcloneRemote } from './rclone-remote.js';
import { StallWatch } from './rclone-stall.js';
import { redact } from './redaction.js';
import { type ToolExit, runTool } from './tool.js';

/**
 * Said with every call. Names are compared as they are; a link is a link. rclone tries little by itself, so that a
 * failure is told early: patience is the caller's.
 */
const ALWAYS = [
  '--no-unicode-normalization',
  ...['--retries', '1', '--low-level-retries', '4', '--contimeout', '15s', '--timeout', '2m'],
  ...['--use-json-log', '--stats', '1s', '--stats-log-level', 'NOTICE'],
] as const;

/**
 * Names on this machine's disks are what they are. By default rclone takes some for its own way of writing others, and
 * then does not find the file or folder: those that hold `‛` or `␀`. What is brought from a remote to a disk must
 * therefore be names that a disk can have (`isNameOnDisk`).
 */
const NAMES_AS_THEY_ARE = { RCLONE_LOCAL_ENCODING: 'Raw' } as const;

/** What rclone adds to the name of a file on a disk until all of it is there; it tells that name when it cannot rename it. */
const UNFINISHED = /\.[0-9a-f]{8}\.partial$/;

/** So many problems are kept to tell what an exit means; all are told as they come. */
const KEPT_PROBLEMS = 1000;

export type RcloneProgress = Pick<
  Progress,
  'bytes' | 'totalBytes' | 'files' | 'totalFiles' | 'bytesPerSecond' | 'etaSeconds'
>;

/** One rclone command. Where it needs the remote, `args` has `remote.root`. */
export interface RcloneCall {
  args: readonly string[];
  /** Where rclone stands: the volume's root, so that an unmount cannot swap the tree under `.`. */
  directory?: string;
  signal?: AbortSignal;
  /** Whether rclone holds the remote's lock while it lives; it does unless told otherwise. */
  locked?: boolean;
  /** That something differs is an answer: `rclone check` says in its own file what does. */
  mayDiffer?: boolean;
  /** Whether what the remote has of a link becomes a link on this machine; it does unless told otherwise. */
  links?: boolean;
  /** More of rclone's environment, such as `TZ`. */
  environment?: Readonly<Record<string, string>>;
  onStdout?: (line: string) => void;
  /** File that stdout goes to, byte for byte, in place of `onStdout`; replaced if it is there. */
  stdoutFile?: string;
  onProgress?: (progress: RcloneProgress) => void;
  /** How many entries a listing has so far. */
  onListed?: (entries: number) => void;
  /** Each thing that goes wrong, but for rclone's summing up at the end. */
  onProblem?: (problem: RcloneProblem) => void;
  /** Why rclone does not get on, for a person. */
  onWaiting?: (reason: string) => void;
}

/**
 * Runs rclone. Returns when it succeeded, or when only single files failed, which `onProblem` was told of (exit codes
 * 1 and 6, and 5 for files that change while they are read). Anything else is thrown as an `FtsError`:
 * `RemoteUnreachable`, `RemoteDenied`, `QuotaExceeded`, `DestinationFull`, `PathMissing` (exit code 3: what it should
 * read is not there), `VolumeUnavailable`, `ToolFailed`, `Busy`.
 */
export async function runRclone(remote: RcloneRemote, call: RcloneCall): Promise<ToolExit> {
  const problems: RcloneProblem[] = [];
  const [command] = call.args;
  const stall = new StallWatch(remote);
  crashPoint('rclone-starts', command);
  const exit = await runTool({
    file: remote.rclone,
    args: [...call.args, ...(call.links === false ? [] : ['--links']), ...ALWAYS],
    environment: { ...NAMES_AS_THEY_ARE, ...remote.environment, ...call.environment },
    ...(call.directory !== undefined && { directory: call.directory }),
    signal: call.signal ? AbortSignal.any([call.signal, stall.signal]) : stall.signal,
    ...(call.locked !== false && { lock: remote.lock }),
    ...(call.onStdout && { onStdout: call.onStdout }),
    ...(call.stdoutFile !== undefined && { stdoutFile: call.stdoutFile }),
    onStderr: (line) => {
      const said = parsed(line);
      if (said === undefined) return;
      if (said.stats) {
        stall.see([
          said.stats.bytes,
          said.stats.transfers,
          said.stats.checks,
          said.stats.deletes,
          said.stats.listed,
        ]);
        call.onProgress?.(progressOf(said.stats));
        call.onListed?.(said.stats.listed ?? 0);
      }
      if (!isProblem(said)) return;
      const problem: RcloneProblem = {
        ...(said.object !== undefined && { object: said.object.replace(UNFINISHED, '') }),
        message: redact(said.msg).trim(),
      };
      if (problems.length < KEPT_PROBLEMS || !isOfOneObject(problem)) problems.push(problem);
      if (meaningOfRclone(problem.message) === 'RemoteUnreachable') call.onWaiting?.(problem.message);
      if (!isSummary(problem)) call.onProblem?.(problem);
    },
  }).finally(() => {
    stall.end();
  });
  crashPoint('rclone-ended', command);
  if (exit.exitCode === 0 || onlyObjectsFailed(exit.exitCode, problems)) return exit;
  if (call.mayDiffer && exit.exitCode === 1 && problems.every(isOfDifference)) return exit;
  throw rcloneFailure(
    remote.name,
    exit.exitCode,
    problems.length > 0 ? problems : [{ message: lastLine(exit.stderr) }],
  );
}

const isOfDifference = (problem: RcloneProblem): boolean =>
  isOfOneObject(problem) || /\bdifferences found$/.test(problem.message);

const Stats = z.object({
  bytes: z.number(),
  totalBytes: z.number(),
  transfers: z.number(),
  totalTransfers: z.number(),
  checks: z.number(),
  totalChecks: z.number(),
  speed: z.number(),
  eta: z.number().nullish(),
  listed: z.number().optional(),
  deletes: z.number().optional(),
});

/** A line of `--use-json-log`. */
const LogLine = z.object({
  level: z.string(),
  msg: z.string(),
  object: z.string().optional(),
  stats: Stats.optional().catch(undefined),
});

/** rclone's own last words, such as those about an unknown option, are no JSON. */
function parsed(line: string): z.infer<typeof LogLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return LogLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What made it fail rclone says last, as a notice. */
const isProblem = ({ level, msg }: z.infer<typeof LogLine>): boolean =>
  ['error', 'critical', 'fatal'].includes(level) || (level === 'notice' && msg.startsWith('Failed to '));

const progressOf = (stats: z.infer<typeof Stats>): RcloneProgress => ({
  bytes: stats.bytes,
  totalBytes: stats.totalBytes,
  files: stats.transfers,
  totalFiles: stats.totalTransfers,
  bytesPerSecond: stats.speed,
  ...(typeof stats.eta === 'number' && { etaSeconds: stats.eta }),
});

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .at(-1) ?? 'no message';
