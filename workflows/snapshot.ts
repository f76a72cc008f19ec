import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type { AdmissionActivities } from '../activities/admission.js';
import type { ResticActivities } from '../activities/restic.js';
import type { FailureType } from '../src/domain/failures.js';
import type { JobInput, JobRequest, RunReport, SnapshotResult } from '../src/domain/job.js';
import { conclude } from './conclude.js';
import { onHost } from './host-activities.js';

/**
 * Takes a restic snapshot of a volume and forgets what `keep` no longer covers. Ends as partial, and forgets nothing,
 * when some files could not be read.
 */
export async function snapshot(input: JobInput): Promise<RunReport<SnapshotResult>> {
  const { job, host, kind } = input;
  const request: JobRequest = {
    estate: input.estate,
    job,
    declaration: input.declaration,
    ...(input.force !== undefined && { force: input.force }),
  };
  const { admitJob } = onHost<AdmissionActivities>(host, { summary: 'volumes and free space' });
  const { takeSnapshot } = onHost<ResticActivities>(host, { summary: 'restic backup' });
  const { createRepository } = onHost<ResticActivities>(host, { summary: 'restic init' });
  const { markPartial } = onHost<ResticActivities>(host, { summary: 'restic tag' });
  const { forgetSnapshots } = onHost<ResticActivities>(host, { summary: 'restic forget' });

  return conclude(input, async (done) => {
    setCurrentDetails(`Waiting for host \`${host}\` to look at the volumes and the free space.`);
    const admission = await admitJob(request);
    if (!admission.admitted) {
      const hint = `run it all the same with \`fts run ${job} --force\``;
      return {
        outcome: 'skipped',
        result: null,
        error: { type: 'JobPaused', message: admission.reason, hint },
      };
    }

    setCurrentDetails(
      `A ${kind} is being taken. How far it is: the pending activity's heartbeat, or \`fts watch ${job}\`.`,
    );
    let taken = await takeSnapshot(request);
    if (taken.repository === 'absent') {
      await createRepository(request);
      taken = await takeSnapshot(request);
      if (taken.repository === 'absent') throw vanished();
    }
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
    const { forgotten } = await forgetSnapshots({ ...request, snapshotId: counts.snapshotId });
    return { outcome: 'complete', result: { ...done.result, forgotten } };
  });
}

const vanished = (): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    'the repository that was just made is not there',
    'RepositoryMissing' satisfies FailureType,
  );
