import { lstat } from 'node:fs/promises';
import { damageOr } from '../../domain/damage.js';
import { renewableJobRecord } from '../job-records.js';
import { planFile, readPlan } from './files.js';
import type { State } from '../state.js';

/** The plan of a run whose end was never recorded is believed for so long (milliseconds): longer uploads are rare. */
const BELIEVED_MS = 14 * 24 * 3_600_000;

/**
 * Whether a mirror's run is between its plan and its end, as far as this host knows: it planned, and no end was recorded.
 * A damaged plan is of the run that ended after it was written, if one did: no step of another takes it.
 */
export async function isMirrorUnderWay(
  state: Pick<State, 'path' | 'read' | 'readRenewable'>,
  job: string,
): Promise<boolean> {
  const { record: plan, damage } = await damageOr(readPlan(state, job));
  if (plan === undefined && damage === undefined) return false;
  const madeAt = plan ? Date.parse(plan.madeAt) : await writtenAt(state.path(planFile(job)));
  if (Date.now() - madeAt > BELIEVED_MS) return false;
  const last = (await renewableJobRecord(state, job))?.last;
  if (last === undefined) return true;
  return plan ? last.runId !== plan.runId : Date.parse(last.endedAt) < madeAt;
}

const writtenAt = async (file: string): Promise<number> => (await lstat(file)).mtimeMs;
