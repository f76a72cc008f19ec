import type { temporal } from '@temporalio/proto';
import type { RunError } from '../domain/job.js';
import { inWords } from './live-run.js';
import { describeAttemptFailure } from './temporal-failure.js';
import type { TimelineEntry } from './timeline.js';
import { toDate } from './timestamps.js';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Failure = temporal.api.failure.v1.IFailure;
type Told = Omit<TimelineEntry, 'at' | 'source'>;

/**
 * What a run's history tells a person: its steps with their attempts and failures, and its end. Workflow tasks, timers
 * and the like are Temporal's own affair and left out.
 */
export function historyTimeline(events: readonly HistoryEvent[]): TimelineEntry[] {
  const steps = new Map<string, string>();
  return events.flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) steps.set(String(event.eventId), inWords(scheduled.activityType?.name ?? 'step'));
    const told = runEvent(event) ?? stepEvent(event, (id) => steps.get(String(id)) ?? 'step');
    const at = toDate(event.eventTime);
    return told === undefined || at === undefined
      ? []
      : [{ at: at.toISOString(), source: 'history', ...told }];
  });
}

function runEvent(event: HistoryEvent): Told | undefined {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started)
    return { message: `${started.workflowType?.name ?? 'run'} started by ${started.identity || 'unknown'}` };
  if (event.workflowExecutionCompletedEventAttributes) return { message: 'run completed' };
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return { message: 'run failed', ...reason(failed.failure) };
  if (event.workflowExecutionCancelRequestedEventAttributes) return { message: 'cancellation requested' };
  if (event.workflowExecutionCanceledEventAttributes) return { message: 'run cancelled' };
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) return { message: `run terminated: ${terminated.reason || 'no reason given'}` };
  if (event.workflowExecutionTimedOutEventAttributes) return { message: 'run timed out' };
  const stuck = event.workflowTaskFailedEventAttributes;
  return stuck
    ? { message: 'the workflow code failed and is tried again', ...reason(stuck.failure) }
    : undefined;
}

function stepEvent(event: HistoryEvent, stepOf: (scheduledEventId: unknown) => string): Told | undefined {
  const started = event.activityTaskStartedEventAttributes;
  if (started) {
    const attempt = started.attempt ?? 1;
    const step = stepOf(started.scheduledEventId);
    const message = `started on ${started.identity || 'unknown'}`;
    return { step, attempt, message, ...(attempt > 1 ? reason(started.lastFailure) : {}) };
  }
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return { step: stepOf(completed.scheduledEventId), message: 'done' };
  const failed = event.activityTaskFailedEventAttributes;
  if (failed) return { step: stepOf(failed.scheduledEventId), message: 'failed', ...reason(failed.failure) };
  const timedOut = event.activityTaskTimedOutEventAttributes;
  if (timedOut)
    return { step: stepOf(timedOut.scheduledEventId), message: 'timed out', ...reason(timedOut.failure) };
  const asked = event.activityTaskCancelRequestedEventAttributes;
  if (asked) return { step: stepOf(asked.scheduledEventId), message: 'asked to stop' };
  const cancelled = event.activityTaskCanceledEventAttributes;
  return cancelled ? { step: stepOf(cancelled.scheduledEventId), message: 'stopped' } : undefined;
}

const reason = (failure: Failure | null | undefined): { error?: RunError } =>
  failure ? { error: describeAttemptFailure(failure) } : {};
