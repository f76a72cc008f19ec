import { heartbeat, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { PruneActivities } from '../../activities/prune.js';
import type { RecordActivities, RecordRunInput } from '../../activities/record.js';
import type { ResticActivities, TakenSnapshot } from '../../activities/restic.js';
import type { FailureType } from '../../src/domain/failures.js';

type HostActivities = ResticActivities & PruneActivities & RecordActivities;

export const SNAPSHOT_ID = 'a1'.repeat(32);

/** What a snapshot of one new file comes back as. */
export const TAKEN = {
  repository: 'present',
  snapshotId: SNAPSHOT_ID,
  files: { new: 1, changed: 0, unmodified: 2 },
  bytesAdded: 700,
  bytesProcessed: 2100,
} as const satisfies TakenSnapshot;

/** What the activities of a host were asked, in order. */
export interface FakeHost {
  activities: HostActivities;
  /** Names of the activities; those of attempts that failed too. */
  calls: (keyof HostActivities)[];
  inputs: Record<keyof HostActivities, unknown[]>;
  recorded: RecordRunInput[];
}

/** A host on which everything goes well, but for what a test replaces. */
export function makeFakeHost(replaced: Partial<HostActivities> = {}): FakeHost {
  const activities: HostActivities = {
    takeSnapshot: () => Promise.resolve(TAKEN),
    createRepository: () => Promise.resolve(),
    markPartial: () => Promise.resolve({ snapshotId: 'b2'.repeat(32) }),
    forgetSnapshots: () => Promise.resolve({ forgotten: 2 }),
    pruneRepository: () => Promise.resolve('done'),
    recordRun: () => Promise.resolve(),
    ...replaced,
  };
  const host: FakeHost = {
    calls: [],
    recorded: [],
    inputs: {
      takeSnapshot: [],
      createRepository: [],
      markPartial: [],
      forgetSnapshots: [],
      pruneRepository: [],
      recordRun: [],
    },
    activities,
  };
  const heard = <Input, Result>(name: keyof HostActivities, activity: (input: Input) => Promise<Result>) => {
    return (input: Input): Promise<Result> => {
      host.calls.push(name);
      host.inputs[name].push(input);
      return activity(input);
    };
  };
  host.activities = {
    takeSnapshot: heard('takeSnapshot', activities.takeSnapshot),
    createRepository: heard('createRepository', activities.createRepository),
    markPartial: heard('markPartial', activities.markPartial),
    forgetSnapshots: heard('forgetSnapshots', activities.forgetSnapshots),
    pruneRepository: heard('pruneRepository', activities.pruneRepository),
    recordRun: heard('recordRun', (input: RecordRunInput) => {
      host.recorded.push(input);
      return activities.recordRun(input);
    }),
  };
  return host;
}

/** A failure as the host's activities throw it. */
export function hostFailure(
  type: FailureType,
  { hint, nonRetryable = true }: { hint?: string; nonRetryable?: boolean } = {},
): ApplicationFailure {
  const details = [hint === undefined ? {} : { hint }];
  const failure = ApplicationFailure.create({ type, message: `it was ${type}`, nonRetryable, details });
  failure.stack = ''; // no path of this machine gets into a history
  return failure;
}

/** Heartbeats until it is cancelled, then cleans up, and only then ends as cancelled. */
export async function workUntilCancelled(cleanUp: () => Promise<void>): Promise<never> {
  const pulse = setInterval(() => {
    heartbeat({ phase: 'backup' });
  }, 100);
  try {
    return await Context.current().cancelled;
  } finally {
    clearInterval(pulse);
    await cleanUp();
  }
}
