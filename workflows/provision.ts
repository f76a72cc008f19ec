import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { VolumeActivities } from '../activities/volumes.js';
import type { FailureDetail, RunError, RunReport } from '../src/domain/job.js';
import type { Outcome } from '../src/domain/outcome.js';
import type { ProvisionResult } from '../src/domain/provision.js';
import { SearchAttribute } from '../src/domain/search-attributes.js';
import { onHost } from './host-activities.js';

export interface ProvisionInput {
  estate: string;
  volume: string;
  /** The host whose disk it is. */
  host: string;
}

/** Makes a `directory` volume, or adopts a mounted filesystem: folders, ownership, sentinel, the host's record. */
export async function provision({
  estate,
  volume,
  host,
}: ProvisionInput): Promise<RunReport<ProvisionResult>> {
  const { provisionVolume } = onHost<VolumeActivities>(host, { summary: 'folders, ownership, sentinel' });
  setCurrentDetails(
    `Waiting for host \`${host}\` to look at volume \`${volume}\` and to put its folders and sentinel in place.`,
  );
  try {
    const result = await provisionVolume({ estate, volume });
    const report: RunReport<ProvisionResult> = { outcome: 'complete', result };
    tell(report, summaryOf(result));
    return report;
  } catch (caught) {
    const failure =
      caught instanceof ActivityFailure && caught.cause instanceof ApplicationFailure ? caught.cause : caught;
    if (isCancellation(caught)) tell({ outcome: 'cancelled', result: null }, 'nothing more is done');
    else tell({ outcome: 'failed', result: null, error: errorOf(failure) }, errorOf(failure).message);
    throw failure;
  }
}

function tell(
  report: { outcome: Outcome; result: ProvisionResult | null; error?: RunError },
  details: string,
): void {
  setCurrentDetails(`**${report.outcome}**: ${details}`);
  upsertSearchAttributes([
    { key: { name: SearchAttribute.outcome, type: 'KEYWORD' }, value: report.outcome },
  ]);
  upsertMemo({ report });
}

function summaryOf({ volume, mountpoint, created, directories, notes }: ProvisionResult): string {
  const done = created ? 'now has its sentinel' : 'had its sentinel';
  const made = directories.made.length === 0 ? '' : `; made ${directories.made.join(', ')}`;
  return [`volume \`${volume}\` at \`${mountpoint}\` ${done}${made}.`, ...notes].join('\n- ');
}

function errorOf(failure: unknown): RunError {
  if (!(failure instanceof ApplicationFailure)) {
    return { type: failure instanceof Error ? failure.name : 'Unknown', message: String(failure) };
  }
  const [detail] = (failure.details ?? []) as [FailureDetail?];
  const hint = detail?.hint;
  return {
    type: failure.type ?? 'Unknown',
    message: failure.message,
    ...(hint === undefined ? {} : { hint }),
  };
}
