import {
  ActivityFailure,
  ApplicationFailure,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { FailureDetail, RunError } from '../src/domain/job.js';
import type { Outcome } from '../src/domain/outcome.js';
import { SearchAttribute } from '../src/domain/search-attributes.js';

/** How a run ended, whatever it was. */
export interface Ended {
  outcome: Outcome;
  result: unknown;
  error?: RunError;
}

/** Tells the end where lists and pages of runs show it: search attribute, memo and current details. */
export function tellEnd(ended: Ended, details = ended.error?.message): void {
  setCurrentDetails(details === undefined ? `**${ended.outcome}**` : `**${ended.outcome}**: ${details}`);
  upsertSearchAttributes([{ key: { name: SearchAttribute.outcome, type: 'KEYWORD' }, value: ended.outcome }]);
  upsertMemo({ report: ended });
}

/** An activity's own failure says more than that an activity failed. */
export const unwrapped = (caught: unknown): unknown =>
  caught instanceof ActivityFailure ? (caught.cause ?? caught) : caught;

/** What to report of whatever a step threw. */
export function errorOf(caught: unknown): RunError {
  const failure = unwrapped(caught);
  if (!(failure instanceof ApplicationFailure)) {
    return { type: failure instanceof Error ? failure.name : 'Unknown', message: String(failure) };
  }
  const [detail] = (failure.details ?? []) as [FailureDetail?];
  return {
    type: failure.type ?? 'Unknown',
    message: failure.message,
    ...(detail?.hint !== undefined && { hint: detail.hint }),
  };
}

/** The failure of the whole run. An activity's own failure says more than that an activity failed, so that it takes its place. */
export function failureOf(
  { type, message, hint }: RunError,
  result: unknown,
  caught: unknown,
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details: [{ ...(hint !== undefined && { hint }), result } satisfies FailureDetail],
    ...(caught instanceof Error && !(unwrapped(caught) instanceof ApplicationFailure) && { cause: caught }),
  });
}
