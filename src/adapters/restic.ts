import { type FailureType, FtsError } from '../domain/failures.js';
import { resticMemory } from './restic/memory.js';
import { crashPoint } from './crash-point.js';
import { removeStaleLock } from './restic/locks.js';
import { HINTS, ResticExit, meaningOf, resticFailure } from './restic/failure.js';
import type { ResticRepository } from './restic/repository.js';
import { redact } from './redaction.js';
import { type ToolCall, type ToolExit, runTool } from './tool.js';

/**
 * restic goes on trying for 15 minutes to reach a repository before it says anything final. Until it has opened the
 * repository, this long is enough (milliseconds): the activity fails visibly and is retried.
 */
const OPENING_PATIENCE_MS = 30_000;

/** So many vain tries in that time are no hiccup. */
const VAIN_TRIES = 3;

/** A refusal is believed when it was said this often. */
const REFUSALS = 2;

/** Exit codes that a caller understands; any other is a failure. */
const ANSWERS = new Set<number | undefined>([
  ResticExit.complete,
  ResticExit.partial,
  ResticExit.noRepository,
]);

/** One restic command on one repository. */
export interface ResticCall {
  args: readonly string[];
  signal?: AbortSignal;
  /** Whether restic holds our lock of the repository while it lives; it does unless told otherwise. */
  locked?: boolean;
  /** A timetable as rclone's `--bwlimit` takes it, for the rclone through which restic reaches the repository, if it does. */
  bandwidth?: { timetable: string; timezone: string };
  /** stdout as it comes, in place of `onMessage`: for one long line. */
  onOutput?: (chunk: Buffer) => void;
  /** Each JSON message on stdout. */
  onMessage?: (message: unknown) => void;
  /** Each JSON message on stderr: `{message_type: "error", …}`. */
  onProblem?: (message: unknown) => void;
  /** Why restic does not get on, for a person. */
  onWaiting?: (reason: string) => void;
}

/**
 * Runs restic and returns how it ended: exit codes 0, 3 and 10 are answers, anything else is thrown as an `FtsError`.
 * A lock left by a dead process of this host is removed, that one file only, and restic is run again.
 */
export async function runRestic(repository: ResticRepository, call: ResticCall): Promise<ToolExit> {
  for (;;) {
    const exit = await runOnce(repository, call);
    if (ANSWERS.has(exit.exitCode)) return exit;
    if (exit.exitCode === ResticExit.locked && (await removeStaleLock(repository, exit.stderr, call.signal)))
      continue;
    throw resticFailure(repository.name, exit.exitCode, exit.stderr);
  }
}

async function runOnce(repository: ResticRepository, call: ResticCall): Promise<ToolExit> {
  const opening = watchOpening(repository);
  const [command] = call.args;
  try {
    crashPoint('restic-starts', command);
    const exit = await runTool(toolCall(repository, call, opening));
    crashPoint('restic-ended', command);
    return exit;
  } finally {
    opening.end();
  }
}

/**
 * Gives up on a repository that cannot be opened, whose volume is lost, or where there is no room. Once it is open, restic's own patience
 * counts otherwise: an upload of days outlives an outage.
 */
function watchOpening({ name, folder }: ResticRepository) {
  const givenUp = new AbortController();
  let opened = false;
  let tries = 0;
  let refusals = 0;
  let timer: NodeJS.Timeout | undefined;
  let last = '';
  let refusal: string | undefined;
  const giveUp = (type: FailureType): void => {
    givenUp.abort(new FtsError(type, `repository ${name}: ${last}`, HINTS[type]));
  };
  return {
    signal: givenUp.signal,
    /** rclone, which restic reaches the repository through, said something: restic has only a number for it. */
    heardRclone(line: string): void {
      const meaning = meaningOf(line);
      if (meaning === 'RemoteDenied' || meaning === 'QuotaExceeded') refusal = line;
    },
    /** restic said that it tries again, and why. */
    retrying(reason: string): void {
      last = refusal === undefined ? reason : `${reason}: ${refusal}`;
      const meaning = meaningOf(refusal ?? reason);
      refusal = undefined;
      if (folder !== undefined && meaning === 'VolumeUnavailable' && ++refusals >= REFUSALS) giveUp(meaning);
      if (meaning === 'QuotaExceeded' && ++refusals >= REFUSALS) giveUp(meaning);
      if (opened) return;
      tries += 1;
      if (meaning === 'RemoteDenied' && ++refusals >= REFUSALS) giveUp('RemoteDenied');
      timer ??= setTimeout(() => {
        timer = undefined;
        if (!opened && tries >= VAIN_TRIES) giveUp('RepositoryUnreachable');
      }, OPENING_PATIENCE_MS);
    },
    opened(): void {
      opened = true;
    },
    end(): void {
      clearTimeout(timer);
    },
  };
}

/** rclone reads a timetable by the zone of its own environment; restic keeps the machine's, by which it dates snapshots. */
const optionsFor = ({ options, rclone }: ResticRepository, { bandwidth }: ResticCall): readonly string[] =>
  rclone && bandwidth && process.platform !== 'win32'
    ? ['-o', `rclone.program=env TZ=${bandwidth.timezone} ${rclone.file}`]
    : options;

function toolCall(
  repository: ResticRepository,
  call: ResticCall,
  opening: ReturnType<typeof watchOpening>,
): ToolCall {
  return {
    file: repository.restic,
    args: [...optionsFor(repository, call), ...call.args],
    environment: {
      ...resticMemory(call.args[0]),
      ...repository.environment,
      ...(call.bandwidth && { RCLONE_BWLIMIT: call.bandwidth.timetable }),
    },
    ...(call.locked !== false && { lock: repository.lock }),
    ...(repository.directory !== undefined && { directory: repository.directory }),
    signal: call.signal ? AbortSignal.any([call.signal, opening.signal]) : opening.signal,
    ...(call.onOutput && {
      onOutput: (chunk: Buffer) => {
        opening.opened();
        call.onOutput?.(chunk);
      },
    }),
    onStdout: (line) => {
      const message = parsed(line);
      if (message === undefined) return;
      opening.opened();
      call.onMessage?.(message);
    },
    onStderr: (line) => {
      const message = parsed(line);
      if (message !== undefined) call.onProblem?.(message);
      if (line.startsWith('rclone: ')) opening.heardRclone(redact(line));
      if (message !== undefined || !line.includes('retrying after')) return;
      const reason = redact(line);
      opening.retrying(reason);
      call.onWaiting?.(reason);
    },
  };
}

/** restic mixes plain lines into its JSON, on both streams. */
function parsed(line: string): unknown {
  if (!/^[{[]/.test(line)) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
