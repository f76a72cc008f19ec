import { setCurrentDetails } from '@temporalio/workflow';
import type { RebuildActivities } from '../activities/rebuild.js';
import type { RunReport } from '../src/domain/job.js';
import type { RebuildInput, RebuildPlan } from '../src/domain/rebuild-run.js';
import { sourceText } from '../src/domain/restore.js';
import { onHost } from './host-activities.js';

/** Asks a host what a rebuild would do there. Writes nothing on the volume. */
export async function rebuildPlan({ host, ...request }: RebuildInput): Promise<RunReport<RebuildPlan>> {
  const { planRebuild } = onHost<RebuildActivities>(host, { summary: 'look' });
  setCurrentDetails(`Host \`${host}\` looks what a rebuild would do.`);
  const result = await planRebuild(request);
  setCurrentDetails(`${sourceText(result.source)}. Nothing was written.`);
  return { outcome: 'complete', result };
}
