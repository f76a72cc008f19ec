import { ApplicationFailure, log } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';
import type { FailureDetail } from '../src/domain/job.js';
import { FAILURES, type FailureType, FtsError } from '../src/domain/failures.js';

/** What the system's own errors mean, where they mean that trying again is no use. */
const SYSTEM_ERRORS: Partial<Record<string, FailureType>> = {
  EACCES: 'PermissionDenied',
  EPERM: 'PermissionDenied',
  EROFS: 'PermissionDenied',
  ENOSPC: 'DestinationFull',
  EDQUOT: 'DestinationFull',
};

/**
 * The typed failure for whatever an activity threw. What nobody foresaw counts as `ToolFailed`, so that it ends with
 * the job's patience as everything else does; the host's log has all of it.
 */
export function typedFailure(error: unknown): FtsError {
  if (error instanceof FtsError) return error;
  const type = SYSTEM_ERRORS[error instanceof Error && 'code' in error ? String(error.code) : ''];
  if (type === undefined) log.error('unexpected failure', { error });
  return new FtsError(type ?? 'ToolFailed', error instanceof Error ? error.message : String(error));
}

/**
 * A failure as Temporal carries it. It is final where waiting does not help, or where `final` says that the job's
 * patience is over. What is Temporal's own already, such as a cancellation, passes unchanged.
 */
export function toApplicationFailure(
  error: unknown,
  { final = false }: { final?: boolean } = {},
): TemporalFailure {
  if (error instanceof TemporalFailure) return error;
  const { type, message, hint } = typedFailure(error);
  const detail: FailureDetail = hint === undefined ? {} : { hint };
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: final || !FAILURES[type].heals,
    details: [detail],
  });
}
