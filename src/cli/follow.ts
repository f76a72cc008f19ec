import { setMaxListeners } from 'node:events';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { Session } from './connection.js';
import { isOutage } from './grpc-errors.js';
import { pause } from './interrupt.js';
import { type LiveStep, liveSteps } from './live-run.js';
import type { ProgressView } from './progress-view.js';
import { type Report, ReportSchema } from './run-view.js';
import { describeUnsuccessfulEnd } from './temporal-failure.js';

/** How often a run is looked at while it is followed (milliseconds). Its end is heard of at once. */
const LOOK_INTERVAL_MS = 1000;

/** An answer that takes longer counts as an outage (milliseconds). */
const ANSWER_DEADLINE_MS = 5000;

/** A server that is just back may not know its runs for a moment (milliseconds). */
const FORGETFUL_MS = 15_000;

/** Notices who is missing while a run is followed; see `attendance.ts`. */
export interface Attendance {
  /** Looks whether somebody works on the run. Answers with the queue that nobody polls when patience is over. */
  check(steps: readonly LiveStep[], description: WorkflowExecutionDescription): Promise<string | undefined>;
}

export interface FollowOptions {
  session: Session;
  handle: WorkflowHandle;
  view: ProgressView;
  attendance: Attendance;
  /** Detaches from the run; the run goes on. */
  signal: AbortSignal;
}

/** Why following ended. `closed` carries the run's end; the others leave the run as it is. */
export type FollowEnd =
  { reason: 'closed'; report: Report } | { reason: 'detached' } | { reason: 'unattended'; queue: string };

/** Follows one run to its end, through restarts of worker and server, showing what it does. */
export async function follow(options: FollowOptions): Promise<FollowEnd> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // the client adds one for each long poll and takes none away
  const detach = (): void => {
    stop.abort();
  };
  options.signal.addEventListener('abort', detach);
  try {
    return await Promise.race([awaitClose(options, stop.signal), watch(options, stop.signal)]);
  } finally {
    options.signal.removeEventListener('abort', detach);
    stop.abort();
    options.view.close();
  }
}

/** Waits in Temporal's long poll, so that the end is known within milliseconds; tries again for as long as it takes. */
async function awaitClose({ session, handle }: FollowOptions, stopped: AbortSignal): Promise<FollowEnd> {
  let lostAt: number | undefined;
  for (;;) {
    try {
      const value: unknown = await session.connection.withAbortSignal(stopped, () => handle.result());
      return { reason: 'closed', report: reportOf(value) };
    } catch (error) {
      if (stopped.aborted) return { reason: 'detached' };
      if (!(error instanceof Error)) throw error;
      if (error.name === 'WorkflowFailedError') {
        return { reason: 'closed', report: await describeUnsuccessfulEnd(causeOf(error)) };
      }
      lostAt = isOutage(error) ? undefined : (lostAt ?? Date.now());
      if (lostAt !== undefined && Date.now() - lostAt > FORGETFUL_MS) throw error;
      await pause(LOOK_INTERVAL_MS / 2, stopped);
    }
  }
}

/** Shows progress until stopped; ends by itself only when nobody works on the run for too long. */
async function watch(options: FollowOptions, stopped: AbortSignal): Promise<FollowEnd> {
  const { session, view, attendance } = options;
  let { handle } = options;
  let away = false;
  while (!stopped.aborted) {
    try {
      const description = await session.connection.withDeadline(Date.now() + ANSWER_DEADLINE_MS, () =>
        handle.describe(),
      );
      if (away) view.say('Temporal answers again.');
      away = false;
      if (description.status.name === 'CONTINUED_AS_NEW')
        handle = session.client.workflow.getHandle(handle.workflowId);
      const steps = liveSteps(description);
      view.update(steps);
      const queue =
        description.status.name === 'RUNNING' ? await attendance.check(steps, description) : undefined;
      if (queue !== undefined) return { reason: 'unattended', queue };
    } catch (error) {
      if (!away && isOutage(error) && !isAborted(stopped)) {
        away = true;
        view.say(
          `Temporal at ${session.address} does not answer. The run is safe; following on as soon as it is back.`,
        );
      }
    }
    await pause(LOOK_INTERVAL_MS, stopped);
  }
  return { reason: 'detached' };
}

/** Asked anew: the compiler takes a signal that was not aborted before an `await` for one that never will be. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** A workflow that returns no report has done its work all the same. */
const reportOf = (value: unknown): Report =>
  ReportSchema.safeParse(value).data ?? { outcome: 'complete', result: value ?? null };

const causeOf = (error: Error): Error | undefined => (error.cause instanceof Error ? error.cause : undefined);
