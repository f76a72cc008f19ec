import { setCurrentDetails } from '@temporalio/workflow';
import type { PurgeActivities } from '../activities/purge.js';
import type { FailureType } from '../src/domain/failures.js';
import type { ApprovableInput, HeldPath } from '../src/domain/hold.js';
import type { RunReport } from '../src/domain/job.js';
import type { PurgeProblems, PurgeResult } from '../src/domain/purge.js';
import { admit } from './admit.js';
import { conclude } from './conclude.js';
import { holdDetails } from './hold-details.js';
import { onHost } from './host-activities.js';

/**
 * Deletes what is old below a folder. Ends as held, with nothing deleted, when the plan exceeds the job's limits and no
 * approval covers it; as partial when something could not be looked at or deleted.
 */
export async function purge(input: ApprovableInput): Promise<RunReport<PurgeResult>> {
  const { host, approval } = input;
  const { planPurge } = onHost<PurgeActivities>(host, { summary: 'scan' });
  const { deleteOld } = onHost<PurgeActivities>(host, { summary: 'delete' });
  let biggest: HeldPath[] = [];

  const report = await conclude<PurgeResult>(input, async () => {
    const admitted = await admit(input);
    if ('skipped' in admitted) return admitted.skipped;
    const { request } = admitted;

    setCurrentDetails('Looking for what is old.');
    const planned = await planPurge({ ...request, ...(approval !== undefined && { approval }) });
    if (!planned.released) {
      biggest = planned.biggest;
      return { outcome: 'held', result: { deleted: { files: 0, bytes: 0 }, hold: planned.hold } };
    }

    setCurrentDetails(`Deleting ${String(planned.removal.files)} old files.`);
    const result = await deleteOld(request);
    if (result.problems === undefined) return { outcome: 'complete', result };
    return { outcome: 'partial', result, error: partial(result.problems) };
  });
  // After its end was told: the Web UI shows a held run's biggest paths, which its result leaves out.
  if (report.result?.hold !== undefined) setCurrentDetails(holdDetails(report.result.hold, biggest));
  return report;
}

function partial({ count, first }: PurgeProblems) {
  const [example] = first;
  const named = example === undefined ? '' : `, such as ${example.path} (${example.message})`;
  return {
    type: 'PermissionDenied' satisfies FailureType,
    message: `${String(count)} ${count === 1 ? 'entry' : 'entries'} could not be looked at or deleted${named}`,
    hint: "give the worker's user the permissions, then run the job again",
  };
}
