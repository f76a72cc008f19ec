import { setCurrentDetails } from '@temporalio/workflow';
import type { MirrorActivities } from '../activities/mirror.js';
import type { ApprovableInput, HeldPath } from '../src/domain/hold.js';
import type { RunReport } from '../src/domain/job.js';
import type { MirrorResult } from '../src/domain/mirror.js';
import { mirrorShortfall } from '../src/domain/mirror-shortfall.js';
import { refused, requestOf } from './admit.js';
import { conclude } from './conclude.js';
import { holdDetails } from './hold-details.js';
import { onHost } from './host-activities.js';

/**
 * Makes a remote equal to a volume: compares, uploads, deletes exactly what the comparison named, reads a sample back. A
 * comparison that finds nothing to do reads its sample meanwhile, and is the end.
 * Ends as held, with what destroys nothing done, when the plan exceeds the job's limits and no approval covers it; as
 * partial when something could not be mirrored.
 */
export async function mirror(input: ApprovableInput): Promise<RunReport<MirrorResult>> {
  const { job, host, approval } = input;
  const { planMirror } = onHost<MirrorActivities>(host, {
    summary: 'compare source and remote',
  });
  const { uploadMirror } = onHost<MirrorActivities>(host, { summary: 'rclone copy' });
  const { deleteMirrored } = onHost<MirrorActivities>(host, { summary: 'rclone delete' });
  const { verifyMirror } = onHost<MirrorActivities>(host, { summary: 'read a sample back' });
  let biggest: HeldPath[] = [];

  const report = await conclude<MirrorResult>(input, async (done) => {
    const request = requestOf(input);
    setCurrentDetails(
      `Host \`${host}\` looks at the volume, then source and remote are listed and compared.`,
    );
    const compared = await planMirror({ ...request, ...(approval && { approval }) });
    if ('refused' in compared) return refused(input, compared.refused);
    const { plan, omitted, hold, ...planned } = compared;
    biggest = planned.biggest;
    const none = { files: 0, bytes: 0 };
    const held = hold && { hold };

    const result = { transferred: none, deleted: none, verified: none, omitted, plan, ...held };
    if (planned.verified) return ended({ ...result, verified: planned.verified });

    setCurrentDetails(`Files are being uploaded. How far it is: \`fts watch ${job}\`.`);
    done.result = { ...result, ...(await uploadMirror(request)) };

    if (planned.deletes > 0) {
      setCurrentDetails(`${String(planned.deletes)} files that the source no longer has are being deleted.`);
      done.result = { ...done.result, ...(await deleteMirrored(request)) };
    }

    setCurrentDetails('A sample is being read back and compared.');
    done.result = { ...done.result, ...(await verifyMirror(request)) };
    return hold ? { outcome: 'held', result: done.result } : ended(done.result);
  });
  // After its end was told: the Web UI shows a held run's biggest paths, which its result leaves out.
  if (report.result?.hold !== undefined) setCurrentDetails(holdDetails(report.result.hold, biggest));
  return report;
}

/** The end of a run of which nothing waits. */
function ended(result: MirrorResult): RunReport<MirrorResult> {
  const error = mirrorShortfall(result);
  return { outcome: error ? 'partial' : 'complete', result, ...(error && { error }) };
}
