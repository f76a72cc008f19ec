import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { RecallActivities } from '../activities/recall.js';
import type { RunReport } from '../src/domain/job.js';
import type { RecallInput, RecallResult } from '../src/domain/recall.js';
import { errorOf, tellEnd, unwrapped } from './ending.js';
import { onHost } from './host-activities.js';

/** Brings a graduated project back to where work is done. The host's journal keeps that it is active from then on. */
export async function recall({ host, ...request }: RecallInput): Promise<RunReport<RecallResult>> {
  const { project } = request;
  const { recallProject } = onHost<RecallActivities>(host, { summary: 'copy, verify, publish, hide' });
  setCurrentDetails(`Project \`${project.replaceAll('`', "'")}\` is being brought back by host \`${host}\`.`);
  try {
    const result = await recallProject(request);
    const report: RunReport<RecallResult> = { outcome: 'complete', result };
    tellEnd(report);
    return report;
  } catch (caught) {
    if (isCancellation(caught)) tellEnd({ outcome: 'cancelled', result: null });
    else tellEnd({ outcome: 'failed', result: null, error: errorOf(caught) });
    throw unwrapped(caught);
  }
}
