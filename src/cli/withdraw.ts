import type { WorkflowHandle } from '@temporalio/client';
import type { Session } from './connection.js';
import { isOutage } from './grpc-errors.js';
import { type Report, ReportSchema } from './run-view.js';
import { describeUnsuccessfulEnd } from './temporal-failure.js';

/** How long a cancelled run gets to end by itself (milliseconds). Without a control worker it cannot. */
const CANCEL_GRACE_MS = 5000;

/**
 * Takes back a run that nobody works on: cancels it and, where no step of it was ever taken up and no control worker
 * hears the cancellation, terminates it. Answers with how it ended, or undefined if it still goes on.
 */
export async function withdraw({ connection }: Session, handle: WorkflowHandle): Promise<Report | undefined> {
  await handle.cancel();
  const deadline = Date.now() + CANCEL_GRACE_MS;
  try {
    return ReportSchema.parse(await connection.withDeadline(deadline, () => handle.result()));
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowFailedError') {
      return describeUnsuccessfulEnd(error.cause instanceof Error ? error.cause : undefined);
    }
    if (!isOutage(error)) throw error;
  }
  const { historyLength } = await handle.describe();
  if (historyLength > UNTOUCHED_HISTORY) return undefined;
  await handle.terminate('no worker was there to run or to cancel it');
  return { outcome: 'cancelled', result: null };
}

/** Events of a run that no worker has touched: started, task scheduled, cancellation requested. */
const UNTOUCHED_HISTORY = 3;
