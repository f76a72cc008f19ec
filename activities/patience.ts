import { Context, heartbeat } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';
import { z } from 'zod';
import { FAILURES } from '../src/domain/failures.js';
import { type Trouble, TOOL_CLEAN_UP_MS, givesUp, withFailure } from '../src/domain/patience.js';
import type { Progress } from '../src/domain/progress.js';
import { nextDue } from '../src/estate/cron.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { toApplicationFailure, typedFailure } from './failure.js';

/** A heartbeat this often (milliseconds), whether there is news or not: cancellation is heard through it. */
const HEARTBEAT_MS = 2000;

/** What people see from then on: most tools end before the next heartbeat. */
const BEING_INTERRUPTED = `asked to end; a tool that has not ended after ${String(TOOL_CLEAN_UP_MS / 1000)} s is killed`;

const LastHeartbeat = z.object({
  trouble: z.object({ since: z.number(), latest: z.number(), failures: z.number() }),
});

/** Tells how far the work is. */
export type Report = (progress: Progress) => void;

/**
 * Does one step of a job, heartbeating all the while, and decides what a failure means: final, or another attempt.
 * The streak of failures is carried from attempt to attempt in the heartbeat, so that a host that was off for a week
 * begins with its patience whole. `dueAfter` gives the job's first due time after a moment (both milliseconds since the epoch).
 */
export async function patiently<T>(
  phase: string,
  dueAfter: ((after: number) => Promise<number | undefined>) | undefined,
  work: (report: Report, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { cancellationSignal } = Context.current();
  let trouble = lastTrouble();
  let latest: Progress = { phase };
  const beat = (): void => {
    heartbeat({ ...latest, ...(trouble && { trouble }) } satisfies Progress);
  };
  const report: Report = (progress) => {
    latest = cancellationSignal.aborted ? { ...progress, waiting: BEING_INTERRUPTED } : progress;
  };
  const interrupted = (): void => {
    latest = { ...latest, waiting: BEING_INTERRUPTED };
  };
  beat();
  const pulse = setInterval(beat, HEARTBEAT_MS);
  cancellationSignal.addEventListener('abort', interrupted, { once: true });
  try {
    return await work(report, cancellationSignal);
  } catch (error) {
    cancellationSignal.throwIfAborted(); // however the work took it: it was cancelled
    if (error instanceof TemporalFailure) throw error;
    const failure = typedFailure(error);
    if (!FAILURES[failure.type].heals) throw toApplicationFailure(failure);
    trouble = withFailure(trouble, Date.now());
    latest = { phase, waiting: failure.message };
    beat();
    throw toApplicationFailure(failure, {
      final: givesUp(failure.type, trouble, await dueAfter?.(trouble.since)),
    });
  } finally {
    cancellationSignal.removeEventListener('abort', interrupted);
    clearInterval(pulse);
  }
}

function lastTrouble(): Trouble | undefined {
  return LastHeartbeat.safeParse(Context.current().info.heartbeatDetails).data?.trouble;
}

/** A job's first due time after a moment, by the host's own estate; undefined for one that runs on request only. */
export const nextDueOf =
  (current: () => Promise<LoadedEstate>, job: string) =>
  async (after: number): Promise<number | undefined> => {
    const { estate } = await current();
    const cron = estate.jobs[job]?.cron;
    return cron === undefined ? undefined : nextDue(cron, estate.timezone, new Date(after))?.getTime();
  };
