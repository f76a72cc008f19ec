import { setCurrentDetails } from '@temporalio/workflow';
import type { RecallActivities } from '../activities/recall.js';
import type { RunReport } from '../src/domain/job.js';
import type { RecallInput, RecallPlan } from '../src/domain/recall.js';
import { onHost } from './host-activities.js';

/** Asks a host what a recall would do there. Changes nothing. */
export async function recallPlan({ host, ...request }: RecallInput): Promise<RunReport<RecallPlan>> {
  const { planRecall } = onHost<RecallActivities>(host, { summary: 'look' });
  setCurrentDetails(`Host \`${host}\` looks for a project in the archive.`);
  const result = await planRecall(request);
  setCurrentDetails(`Found: **${result.found}**. Nothing was changed.`);
  return { outcome: 'complete', result };
}
