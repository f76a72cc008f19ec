import type { WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import type { Session } from './connection.js';
import { GrpcCode, grpcCode, grpcDetails } from './grpc-errors.js';
import { note } from './output.js';

/** A run that a command started, or found running and attached to. */
export interface StartedRun {
  handle: WorkflowHandle;
  runId: string;
  startedAt: Date;
  startedHere: boolean;
}

export type StartOptions = Pick<
  WorkflowStartOptions,
  'workflowId' | 'taskQueue' | 'typedSearchAttributes' | 'staticSummary' | 'staticDetails' | 'memo'
>;

/** How long a run that was told to end is waited for before a new one is started (milliseconds). */
const ENDING_PATIENCE_MS = 60_000;

/** A run that ends between "already running" and the look at it is started anew this often. */
const ATTEMPTS = 3;

/**
 * Starts a workflow under its fixed id, or attaches to the run of that id that is going. One that was told to end is
 * waited for instead. Safe to repeat.
 */
export async function startWorkflow(
  session: Session,
  type: string,
  input: object,
  options: StartOptions,
): Promise<StartedRun> {
  const { client } = session;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const handle = await startPrepared(session, type, input, options);
      return { handle, runId: handle.firstExecutionRunId, startedAt: new Date(), startedHere: true };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'WorkflowExecutionAlreadyStartedError') throw error;
      const handle = client.workflow.getHandle(options.workflowId);
      const { runId, startTime, status, raw } = await handle.describe();
      const isGoing = status.name === 'RUNNING';
      if (isGoing && raw.workflowExtendedInfo?.cancelRequested === true && attempt < ATTEMPTS) {
        note('The run before has been told to end; waiting for that.');
        await untilEnded(session, options.workflowId, runId);
      } else if (isGoing || attempt === ATTEMPTS) {
        return { handle, runId, startedAt: startTime, startedHere: false };
      }
    }
  }
}

/** Waits for a run's end, however it is, for as long as patience lasts. */
async function untilEnded({ client, connection }: Session, workflowId: string, runId: string): Promise<void> {
  const ending = client.workflow.getHandle(workflowId, runId, { followRuns: false });
  try {
    await connection.withDeadline(Date.now() + ENDING_PATIENCE_MS, () => ending.result());
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowFailedError') return;
    if (grpcCode(error) !== GrpcCode.deadlineExceeded) throw error;
  }
}

/** In a namespace that no worker of ours has seen yet, the custom search attributes are made first. */
async function startPrepared(session: Session, type: string, input: object, options: StartOptions) {
  const start = () =>
    session.client.workflow.start(type, { ...options, args: [input], workflowIdConflictPolicy: 'FAIL' });
  try {
    return await start();
  } catch (error) {
    const isMissingAttribute = /search attribute/i.test(grpcDetails(error) ?? '');
    if (grpcCode(error) !== GrpcCode.invalidArgument || !isMissingAttribute) throw error;
  }
  const { prepareNamespace } = await import('../../schedules/namespace.js');
  const { done, refused } = await prepareNamespace(session.connection, session.namespace);
  for (const what of done) note(`Made in namespace ${session.namespace}: ${what}.`);
  for (const what of refused) note(`The server does not permit: ${what}. Ask its administrator.`);
  return start();
}
