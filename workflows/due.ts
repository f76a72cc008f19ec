import { WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/common';
import {
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { jobStart } from '../src/domain/job-start.js';
import type { JobInput, RunReport } from '../src/domain/job.js';
import { SearchAttribute } from '../src/domain/search-attributes.js';

/** What `due` did: the run it started, or the one it found. */
export interface DueResult {
  workflowId: string;
  runId?: string;
}

/**
 * What a schedule starts when a job is due: it starts the job under its one id and ends. A schedule appends the time
 * to the id of what it starts, so that starting the job directly would let a run by hand go on beside it.
 */
export async function due(input: JobInput): Promise<RunReport<DueResult>> {
  const report = await startJob(input);
  setCurrentDetails(
    `**${report.outcome}**: ${report.error?.message ?? `started ${report.result?.workflowId ?? ''}`}`,
  );
  upsertSearchAttributes([
    { key: { name: SearchAttribute.outcome, type: 'KEYWORD' }, value: report.outcome },
  ]);
  upsertMemo({ report });
  return report;
}

async function startJob(input: JobInput): Promise<RunReport<DueResult>> {
  const start = jobStart(input);
  try {
    const { firstExecutionRunId } = await startChild(input.kind, {
      ...start,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    });
    return { outcome: 'complete', result: { workflowId: start.workflowId, runId: firstExecutionRunId } };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return {
      outcome: 'skipped',
      result: { workflowId: start.workflowId },
      error: { type: 'AlreadyRunning', message: `${start.workflowId} is still running` },
    };
  }
}
