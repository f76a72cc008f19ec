import type { WorkflowHandle } from '@temporalio/client';
import type { State } from '../adapters/state.js';
import { ExitCode, exitCodeOf } from '../domain/outcome.js';
import { createAttendance, startHint } from './attendance.js';
import type { Session } from './connection.js';
import { follow } from './follow.js';
import { formatDuration } from '../domain/units.js';
import { onInterrupt } from './interrupt.js';
import { note, printJson } from './output.js';
import { createProgressView } from './progress-view.js';
import { printRun } from './run-summary.js';
import { type Report, type RunInfo, type RunSubject, type RunView, memoReport } from './run-view.js';
import { withdraw } from './withdraw.js';

/** How long a program waits for a missing worker (seconds). */
const DEFAULT_PATIENCE_SECONDS = 60;

export interface FollowedRun {
  session: Session;
  state: State;
  subject: RunSubject;
  workflowId: string;
  runId: string;
  /** The host whose worker does the work. */
  host: string;
  /** This command started the run, so it may cancel it when nobody works on it. */
  startedHere: boolean;
}

export interface FollowedOptions {
  json: boolean;
  /** How long to wait while no worker polls (seconds); without it a person waits for ever, a program a minute. */
  timeoutSeconds?: number | undefined;
}

/** Follows a run to its end and answers with it; its outcome is null when detached. */
export async function followRun(
  run: FollowedRun,
  { json, timeoutSeconds }: FollowedOptions,
): Promise<RunView> {
  const { session, workflowId, runId } = run;
  const handle = session.client.workflow.getHandle(workflowId, runId, { followRuns: true });
  const view = createProgressView(process.stderr);
  const patienceSeconds = timeoutSeconds ?? (json ? DEFAULT_PATIENCE_SECONDS : undefined);
  const attendance = createAttendance({ ...run, patienceSeconds, say: view.say });
  const interrupt = onInterrupt();
  try {
    const end = await follow({ session, handle, view, attendance, signal: interrupt.signal });
    if (end.reason === 'closed') return await closed(run, handle, end.report);
    if (end.reason === 'detached') return await detached(run, handle);
    return await unattended(run, handle, end.queue, patienceSeconds ?? 0);
  } finally {
    interrupt.dispose();
  }
}

/** Prints what came of a run that was followed. */
export function printFollowed(ended: RunView, { json }: Pick<FollowedOptions, 'json'>): void {
  if (json) printJson(ended);
  else if (ended.outcome === null) note(`\n${ended.error?.message ?? ''}\n${ended.error?.hint ?? ''}`);
  else printRun(ended);
}

/** Follows a run to its end, prints what came of it, and answers with it. */
export async function followAndPrint(run: FollowedRun, options: FollowedOptions): Promise<RunView> {
  const ended = await followRun(run, options);
  printFollowed(ended, options);
  return ended;
}

/** Exit code of a command that is about one run. */
export const exitCodeOfRun = ({ outcome }: RunView): number =>
  outcome === null ? ExitCode.interrupted : exitCodeOf(outcome);

/** A failure carries what was done before it; a cancellation cannot, and leaves it to the run's memo. */
async function closed(run: FollowedRun, handle: WorkflowHandle, report: Report): Promise<RunView> {
  const info = await latest(run, handle);
  const result = report.result ?? memoReport(info)?.result ?? null;
  return { ...identity(run, info), ...report, result };
}

/** Of a run whose history grew too long, the run that it is continued in. */
async function latest({ session, workflowId }: FollowedRun, handle: WorkflowHandle): Promise<RunInfo> {
  const info = await handle.describe();
  if (info.status.name !== 'CONTINUED_AS_NEW') return info;
  return session.client.workflow.getHandle(workflowId).describe();
}

function identity({ subject, workflowId, runId }: FollowedRun, { startTime, closeTime }: RunInfo): RunView {
  const startedAt = startTime.toISOString();
  const endedAt = closeTime?.toISOString() ?? null;
  return { ...subject, workflowId, runId, outcome: null, startedAt, endedAt, result: null };
}

async function detached(run: FollowedRun, handle: WorkflowHandle): Promise<RunView> {
  const message = 'Detached; the run goes on.';
  return {
    ...identity(run, await handle.describe()),
    error: { type: 'Interrupted', message, hint: `Come back with \`fts watch ${run.workflowId}\`.` },
  };
}

/** Nobody worked on the run for too long. What this command started it also takes back. */
async function unattended(
  run: FollowedRun,
  handle: WorkflowHandle,
  queue: string,
  waitedSeconds: number,
): Promise<RunView> {
  const report = run.startedHere ? await withdraw(run.session, handle) : undefined;
  const known = identity(run, await handle.describe());
  if (report !== undefined && report.outcome !== 'cancelled') return { ...known, ...report };
  return {
    ...known,
    outcome: 'failed',
    endedAt: known.endedAt ?? new Date().toISOString(),
    error: {
      type: 'HostUnavailable',
      message: `no worker polls ${queue} (waited ${formatDuration(waitedSeconds)})`,
      hint: run.startedHere
        ? `${startHint(queue, run.host)}, then run again`
        : `${startHint(queue, run.host)}; the run goes on then: \`fts watch ${run.workflowId}\``,
    },
  };
}
