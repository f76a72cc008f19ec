import { readJobRecord } from './job-records.js';
import { readPlan } from './mirror-files.js';
import type { State } from './state.js';

/** The plan of a run whose end was never recorded is believed for so long (milliseconds): longer uploads are rare. */
const BELIEVED_MS = 14 * 24 * 3_600_000;

/** Whether a mirror's run is between its plan and its end, as far as this host knows: it planned, and no end was recorded. */
export async function isMirrorUnderWay(state: State, job: string): Promise<boolean> {
  const plan = await readPlan(state, job);
  if (plan === undefined || Date.now() - Date.parse(plan.madeAt) > BELIEVED_MS) return false;
  return (await readJobRecord(state, job))?.last.runId !== plan.runId;
}
