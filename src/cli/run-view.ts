import type { WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import type { RunError } from '../domain/job.js';
import type { Outcome } from '../domain/outcome.js';
import { rfc3339 } from './format.js';

/** What visibility and `describe` both tell of a run. */
export type RunInfo = Omit<WorkflowExecutionInfo, 'raw'>;

/** What a run is about. */
export type RunSubject =
  | { job: string; kind: string }
  | { project: string; job: string; kind: 'recall' }
  | { volume: string; kind: 'provision' | 'rebuild' }
  | { restore: string; kind: 'restore' };

/** One run for programs, past or present (DESIGN, "Contract for programs"). `outcome` is null while it is going. */
export type RunView = RunSubject & {
  workflowId: string;
  runId: string;
  outcome: Outcome | null;
  /** RFC 3339. */
  startedAt: string;
  endedAt: string | null;
  result: unknown;
  error?: RunError;
};

const RunErrorSchema: z.ZodType<RunError> = z.object({
  type: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
});

/** What a run says of its own end: its workflow's result, and its memo `report`, which holds failed ones too. */
export const ReportSchema = z.object({
  outcome: z.enum(['complete', 'partial', 'held', 'skipped', 'failed', 'cancelled']),
  result: z.unknown().transform((result): unknown => result ?? null),
  error: RunErrorSchema.exactOptional(),
});
export type Report = z.infer<typeof ReportSchema>;

/** The report in a run's memo; undefined for a run that ended without the chance to write one. */
export const memoReport = ({ memo }: RunInfo): Report | undefined =>
  ReportSchema.safeParse(memo?.report).data;

/** A run as visibility lists it, without a look into its history. */
export function listedRun(subject: RunSubject, info: RunInfo): RunView {
  return {
    ...subject,
    workflowId: info.workflowId,
    runId: info.runId,
    startedAt: info.startTime.toISOString(),
    endedAt: rfc3339(info.closeTime),
    ...(listedReport(info) ?? { outcome: null, result: null }),
  };
}

/** How a listed run ended: by its status where that is final, else by its memo. Undefined while it is going. */
export function listedReport(info: RunInfo): Report | undefined {
  const report = memoReport(info);
  switch (info.status.name) {
    case 'COMPLETED':
      return report ?? { outcome: 'complete', result: null };
    case 'FAILED':
      return withOutcome('failed', report, {
        type: 'Error',
        message: 'the run failed; `fts logs` tells why',
      });
    case 'CANCELLED':
      return withOutcome('cancelled', report);
    case 'TERMINATED':
      return withOutcome('failed', report, { type: 'Terminated', message: 'the run was terminated' });
    case 'TIMED_OUT':
      return withOutcome('failed', report, {
        type: 'TimedOut',
        message: 'the run took longer than Temporal allowed',
      });
    default:
      return undefined;
  }
}

/** The memo is older than the status: a run that reported and was then terminated counts as terminated. */
function withOutcome(outcome: 'failed' | 'cancelled', report: Report | undefined, error?: RunError): Report {
  const reason = report?.outcome === outcome ? (report.error ?? error) : error;
  return { outcome, result: report?.result ?? null, ...(reason === undefined ? {} : { error: reason }) };
}
