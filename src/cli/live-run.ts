import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import type { RunError } from '../domain/job.js';
import type { Progress } from '../domain/progress.js';
import { describeAttemptFailure } from './temporal-failure.js';
import { toDate } from './timestamps.js';

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** A step that a run is in: one pending activity. */
export interface LiveStep {
  /** Activity type in words: `take snapshot`. */
  name: string;
  /** Counted from 1. */
  attempt: number;
  /** A worker has taken it up; otherwise it waits for one, or for its next attempt. */
  started: boolean;
  /** Identity of the worker that took it up last; empty before. */
  worker: string;
  /** When the worker last gave a sign of it. */
  lastSeenAt?: Date | undefined;
  nextAttemptAt?: Date | undefined;
  progress?: Progress | undefined;
  /** Why the attempt before this one failed. */
  trouble?: RunError | undefined;
}

/** `temporal.api.enums.v1.PendingActivityState`: taken up by a worker, the second while it is being cancelled. */
const STARTED = new Set<number>([2, 3]);

const ProgressSchema: z.ZodType<Progress> = z.object({
  phase: z.string(),
  bytes: z.number().exactOptional(),
  totalBytes: z.number().exactOptional(),
  files: z.number().exactOptional(),
  totalFiles: z.number().exactOptional(),
  parts: z.number().exactOptional(),
  totalParts: z.number().exactOptional(),
  name: z.string().exactOptional(),
  bytesPerSecond: z.number().exactOptional(),
  etaSeconds: z.number().exactOptional(),
  waiting: z.string().exactOptional(),
  troubleSince: z.string().exactOptional(),
});

/** What a run is doing now. */
export function liveSteps(description: WorkflowExecutionDescription): LiveStep[] {
  return (description.raw.pendingActivities ?? []).map(liveStep);
}

function liveStep(activity: PendingActivity): LiveStep {
  const started = STARTED.has(activity.state ?? 0);
  return {
    name: inWords(activity.activityType?.name ?? 'step'),
    attempt: activity.attempt ?? 1,
    started,
    worker: activity.lastWorkerIdentity ?? '',
    lastSeenAt: toDate(activity.lastHeartbeatTime) ?? toDate(activity.lastStartedTime),
    nextAttemptAt: started ? undefined : toDate(activity.nextAttemptScheduleTime),
    progress: heartbeat(activity),
    trouble: activity.lastFailure ? describeAttemptFailure(activity.lastFailure) : undefined,
  };
}

function heartbeat({ heartbeatDetails }: PendingActivity): Progress | undefined {
  const payload = heartbeatDetails?.payloads?.[0];
  if (!payload) return undefined;
  return ProgressSchema.safeParse(defaultPayloadConverter.fromPayload(payload)).data;
}

/** `takeSnapshot` as `take snapshot`. */
export const inWords = (camelCase: string): string =>
  camelCase.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
