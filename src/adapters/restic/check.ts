import { z } from 'zod';
import { type FailureType, FtsError } from '../../domain/failures.js';
import type { ResticCall } from '../restic.js';
import { ResticExit, meaningOf } from './failure.js';
import type { ToolExit } from '../tool.js';

/** restic's last message on stdout, from 0.18 on. */
const Summary = z.object({
  message_type: z.literal('summary'),
  num_errors: z.number(),
  broken_packs: z.array(z.string()).nullish(),
  suggest_repair_index: z.boolean().optional(),
});

const Problem = z.object({ message_type: z.literal('error'), message: z.string() });

/** What restic tells a person after the errors. */
const ADVICE = /^(The repository |restic repair |Damaged pack files )/;

/** Says of itself that something is not what was stored. */
const DAMAGE =
  /verification failed|invalid data returned|unexpected (pack id|file size)|pack [0-9a-f]{64}: does not exist|not found in repository|hash mismatch|wrong data/i;

/** Whoever cannot get at the data has found nothing wrong with it. */
const NO_VERDICT: ReadonlySet<FailureType> = new Set([
  'RepositoryUnreachable',
  'RemoteDenied',
  'QuotaExceeded',
  'DestinationFull',
  'PermissionDenied',
]);

/** So many errors are told, and so much of each (characters). */
const TOLD = 25;
const LONGEST_MESSAGE = 300;

/** What restic found in one part of a repository. */
export interface ResticFindings {
  errors: number;
  /** The first of them. */
  messages: string[];
  /** Packs that restic read and found broken. */
  packs: string[];
  /** An index is broken. */
  repairIndex: boolean;
}

export interface ResticCheckCall {
  repository: string;
  /** It lies on a volume of this host. */
  onVolume: boolean;
  run: (call: ResticCall) => Promise<ToolExit>;
  /** `3/28`. */
  subset: string;
  /** Reads beside whatever else is at work, under no lock. */
  alongside: boolean;
  /** Where restic keeps what it needs twice, emptied by the caller; for a repository on a volume it keeps nothing. */
  cache: string;
  onWaiting: (reason: string) => void;
}

/**
 * Has restic check the repository's structure, past any cache of earlier runs, and every byte of one part of its data.
 * Errors in the repository are an answer; that it could not be reached or read is thrown, as `runRestic` does.
 */
export async function checkWithRestic(call: ResticCheckCall): Promise<ResticFindings> {
  const { repository, onVolume, run, subset, alongside, cache, onWaiting } = call;
  let summary: z.infer<typeof Summary> | undefined;
  const messages: string[] = [];
  const where = onVolume ? ['--no-cache'] : ['--cache-dir', cache];
  const lock = alongside ? ['--no-lock'] : [];
  try {
    const { exitCode } = await run({
      args: ['check', '--json', ...lock, ...where, `--read-data-subset=${subset}`],
      locked: !alongside,
      onMessage: (message) => (summary = Summary.safeParse(message).data ?? summary),
      onProblem: (problem) => {
        const message = Problem.safeParse(problem).data?.message.trim();
        if (message === undefined || ADVICE.test(message)) return;
        messages.push(message.slice(0, LONGEST_MESSAGE));
      },
      onWaiting,
    });
    if (exitCode !== ResticExit.complete)
      throw new FtsError('RepositoryUnreachable', `repository ${repository} has just gone`);
    return { errors: 0, messages: [], packs: [], repairIndex: false };
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    if (!summary?.num_errors && error.type !== 'RepositoryDamaged') throw error;
    if (!messages.some((message) => DAMAGE.test(message))) refuseOutage(repository, messages, onVolume);
    return {
      errors: Math.max(1, summary?.num_errors ?? messages.length),
      messages: (messages.length > 0 ? messages : [error.message]).slice(0, TOLD),
      packs: (summary?.broken_packs ?? []).slice(0, TOLD),
      repairIndex: summary?.suggest_repair_index ?? false,
    };
  }
}

/** An outage in mid-check leaves errors that say nothing about the repository. */
function refuseOutage(repository: string, messages: readonly string[], onVolume: boolean): void {
  for (const message of messages) {
    const type = meaningOf(message);
    if (type === undefined || !NO_VERDICT.has(type)) continue;
    if (onVolume && type === 'RepositoryUnreachable') continue; // a file that ends too early reads like a lost connection
    throw new FtsError(type, `repository ${repository}: ${message}`);
  }
}
