import type { temporal } from '@temporalio/proto';
import { z } from 'zod';
import type { RunError } from '../domain/job.js';

type Failure = temporal.api.failure.v1.IFailure;

/** A failure of an attempt for people: its innermost typed cause. */
export function describeAttemptFailure(failure: Failure): RunError {
  for (let at: Failure | null | undefined = failure; at; at = at.cause) {
    const type = at.applicationFailureInfo?.type;
    if (type) return { type, message: at.message ?? 'no message' };
    if (at.timeoutFailureInfo) return { type: 'TimedOut', message: timeoutMessage(at) };
  }
  return { type: 'Error', message: failure.message ?? 'no message' };
}

/** Temporal's wording for a lost worker says nothing to a person. */
function timeoutMessage({ message }: Failure): string {
  if (message && /heartbeat/i.test(message)) return 'the worker stopped answering in the middle of the step';
  return message ?? 'the step took too long';
}

const Detail = z.object({ hint: z.string().optional(), result: z.unknown().optional() });

/** How a run ended that did not return: as an outcome with its reason, and what was done before. */
export interface UnsuccessfulEnd {
  outcome: 'failed' | 'cancelled';
  result: unknown;
  error?: RunError;
}

/** Reads the cause of the client's `WorkflowFailedError`. Activity and child failures are unwrapped. */
export async function describeUnsuccessfulEnd(cause: Error | undefined): Promise<UnsuccessfulEnd> {
  const { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } =
    await import('@temporalio/common');
  for (let at: unknown = cause; at instanceof Error; at = at.cause) {
    if (at instanceof CancelledFailure) return { outcome: 'cancelled', result: null };
    if (at instanceof TerminatedFailure) return failed('Terminated', `the run was terminated: ${at.message}`);
    if (at instanceof TimeoutFailure) return failed('TimedOut', at.message);
    if (at instanceof ApplicationFailure) {
      const detail = Detail.safeParse(at.details?.[0]).data;
      return failed(at.type ?? 'Error', at.message, detail?.hint, detail?.result);
    }
  }
  return failed('Error', cause?.message ?? 'the run failed without a reason');
}

const failed = (type: string, message: string, hint?: string, result: unknown = null): UnsuccessfulEnd => ({
  outcome: 'failed',
  result,
  error: { type, message, ...(hint === undefined ? {} : { hint }) },
});
