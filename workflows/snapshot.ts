import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type { PruneActivities } from '../activities/prune.js';
import type { ResticActivities } from '../activities/restic.js';
import type { FailureType } from '../src/domain/failures.js';
import type { JobInput, RunReport, SnapshotResult } from '../src/domain/job.js';
import { refused, requestOf } from './admit.js';
import { conclude } from './conclude.js';
import { onHost } from './host-activities.js';

/**
 * Takes a restic snapshot of a volume, forgets what `keep` no longer covers, and prunes the repository when that is due. Ends as partial, and forgets nothing,
 * when some files could not be read.
 */
export async function snapshot(input: JobInput): Promise<RunReport<SnapshotResult>> {
  const { job, host, kind } = input;
  const { takeSnapshot } = onHost<ResticActivities>(host, { summary: 'restic backup' });
  const { createRepository } = onHost<ResticActivities>(host, { summary: 'restic init' });
  const { markPartial } = onHost<ResticActivities>(host, { summary: 'restic tag' });
  const { forgetSnapshots } = onHost<ResticActivities>(host, { summary: 'restic forget' });
  const { pruneRepository } = onHost<PruneActivities>(host, { summary: 'restic prune' });

  return conclude(input, async (done) => {
    const request = requestOf(input);
    setCurrentDetails(
      `Host \`${host}\` looks at the volumes and the free space, then takes the ${kind}. How far it is: the pending activity's heartbeat, or \`fts watch ${job}\`.`,
    );
    let taken = await takeSnapshot(request);
    if (taken.repository === 'absent') {
      await createRepository(request);
      taken = await takeSnapshot(request);
    }
    if (taken.repository === 'unasked') return refused(input, taken);
    if (taken.repository === 'absent') throw vanished();
    const { repository: _, ...counts } = taken;
    done.result = { ...counts, forgotten: 0 };

    if (counts.unreadable) {
      const { snapshotId } = await markPartial(request);
      const { count } = counts.unreadable;
      const message = `${String(count)} ${count === 1 ? 'file' : 'files'} could not be read; snapshot ${snapshotId.slice(0, 8)} has the rest`;
      const hint = `they are listed in ${counts.unreadable.report} on host ${host}`;
      return {
        outcome: 'partial',
        result: { ...done.result, snapshotId },
        error: { type: 'FilesUnreadable', message, hint },
      };
    }

    setCurrentDetails('Old snapshots are being forgotten.');
    const { pruneDue, ...forgotten } = await forgetSnapshots({ ...request, snapshotId: counts.snapshotId });
    const result = (done.result = { ...done.result, ...forgotten });
    if (!pruneDue) return { outcome: 'complete', result };

    setCurrentDetails('Data that no snapshot needs any more is being removed.');
    return { outcome: 'complete', result: { ...result, pruned: await pruneRepository(request) } };
  });
}

const vanished = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    'the repository that was just made is not there',
    'RepositoryMissing' satisfies FailureType,
  );
