import { setCurrentDetails } from '@temporalio/workflow';
import type { RestoreActivities } from '../activities/restore.js';
import type { RunReport } from '../src/domain/job.js';
import { type RestoreInput, type RestorePlan, sourceText } from '../src/domain/restore.js';
import { onHost } from './host-activities.js';

/** Asks a host what a restore would do there. Writes nothing. */
export async function restorePlan({ host, ...request }: RestoreInput): Promise<RunReport<RestorePlan>> {
  const { planRestore } = onHost<RestoreActivities>(host, { summary: 'look' });
  setCurrentDetails(`Host \`${host}\` looks what a restore would do.`);
  const result = await planRestore(request);
  setCurrentDetails(`${sourceText(result.source)}. Nothing was written.`);
  return { outcome: 'complete', result };
}
