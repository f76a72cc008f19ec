import {
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { RebuildActivities } from '../activities/rebuild.js';
import type { FailureDetail, RunReport } from '../src/domain/job.js';
import { PART_FAILURES } from '../src/domain/rebuild-order.js';
import {
  type EndedBatch,
  type RebuildBatch,
  type RebuildInput,
  type RebuildResult,
  rebuildReport,
} from '../src/domain/rebuild-run.js';
import { sourceText } from '../src/domain/restore.js';
import { errorOf, tellEnd, unwrapped } from './ending.js';
import { onHost } from './host-activities.js';

/** A history of so many batches is long enough: some 12 events each. */
const BATCHES_A_RUN = 50;

/**
 * Brings a whole volume back from a snapshot or a mirror, part by part, the newest projects first. What is on the volume
 * stays. The host has the list and what became of it; a part that fails does not stop the others.
 */
export async function rebuild(input: RebuildInput): Promise<RunReport<RebuildResult>> {
  const { host, ...request } = input;
  const { prepareRebuild } = onHost<RebuildActivities>(host, { summary: 'source, parts, order' });
  const { nextRebuildBatch, finishRebuild } = onHost<RebuildActivities>(host);
  const { firstExecutionRunId: run } = workflowInfo();
  const { estate, volume } = request;
  const step = { estate, volume, run };
  setCurrentDetails(`Host \`${host}\` looks from what volume \`${volume}\` is rebuilt.`);
  try {
    await prepareRebuild({ ...request, run });
    let ended: EndedBatch | undefined;
    for (let batches = 0; ; batches += 1) {
      const next = await nextRebuildBatch({ ...step, ...(ended && { ended }) });
      setCurrentDetails(detailsOf(next, host));
      if (next.batch === undefined) break;
      if (batches === BATCHES_A_RUN) await continueAsNew<typeof rebuild>(input);
      ended = await restoreBatch(host, { ...step, batch: next.batch }, next.name ?? '');
    }
    setCurrentDetails('All parts were brought back; host looks that all of the source is there.');
    const report = rebuildReport(await finishRebuild(step));
    if (report.error && report.result?.parts.done === 0 && report.result.verified.files === 0)
      throw nothingBack(report);
    tellEnd(report);
    return report;
  } catch (caught) {
    if (isCancellation(caught)) tellEnd({ outcome: 'cancelled', result: null });
    else tellEnd({ outcome: 'failed', result: null, error: errorOf(caught) });
    throw unwrapped(caught);
  }
}

/** What became of some parts; a failure that is not theirs is thrown. */
async function restoreBatch(
  host: string,
  request: { estate: string; volume: string; run: string; batch: string },
  name: string,
): Promise<EndedBatch> {
  const { restoreRebuildBatch } = onHost<RebuildActivities>(host, { summary: name });
  const { batch } = request;
  try {
    await restoreRebuildBatch(request);
    return { batch };
  } catch (caught) {
    if (isCancellation(caught)) throw caught;
    const { type, message } = errorOf(caught);
    if (!PART_FAILURES.has(type)) throw caught;
    return { batch, failure: { type, message } };
  }
}

function detailsOf({ source, parts, name }: RebuildBatch, host: string): string {
  const { done, count, failed } = parts;
  const lost = failed === 0 ? '' : `, ${String(failed)} could not be brought back`;
  const now = name === undefined ? '' : ` Now: \`${name.replaceAll('`', "'")}\`.`;
  return `${sourceText(source)}, by host \`${host}\`: ${String(done)} of ${String(count)} parts are back${lost}.${now}`;
}

function nothingBack({ error, result }: RunReport<RebuildResult>): ApplicationFailure {
  const { type = 'Unknown', message = '', hint } = error ?? {};
  return ApplicationFailure.create({
    ...{ type, message, nonRetryable: true },
    details: [{ ...(hint !== undefined && { hint }), result } satisfies FailureDetail],
  });
}
