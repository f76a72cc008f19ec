import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { VolumeActivities } from '../activities/volumes.js';
import type { RunReport } from '../src/domain/job.js';
import type { ProvisionResult } from '../src/domain/provision.js';
import { errorOf, tellEnd, unwrapped } from './ending.js';
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
    tellEnd(report, summaryOf(result));
    return report;
  } catch (caught) {
    if (isCancellation(caught)) tellEnd({ outcome: 'cancelled', result: null }, 'nothing more is done');
    else tellEnd({ outcome: 'failed', result: null, error: errorOf(caught) });
    throw unwrapped(caught);
  }
}

function summaryOf({ volume, mountpoint, created, directories, notes }: ProvisionResult): string {
  const done = created ? 'now has its sentinel' : 'had its sentinel';
  const made = directories.made.length === 0 ? '' : `; made ${directories.made.join(', ')}`;
  return [`volume \`${volume}\` at \`${mountpoint}\` ${done}${made}.`, ...notes].join('\n- ');
}
