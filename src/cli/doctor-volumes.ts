import type { State } from '../adapters/state.js';
import type { LoadedEstate } from '../estate/load.js';
import { type DoctorFinding, fail, ok } from './doctor-finding.js';
import { inspectVolumes } from './status-volumes.js';

/** The volumes of this machine; those of others are for their own `fts doctor`. */
export async function inspectMounts(loaded: LoadedEstate, state: State): Promise<DoctorFinding[]> {
  const inspected = await inspectVolumes(loaded, state);
  return inspected.map(({ status, here, found, hint }) => {
    const { volume, host, mountpoint } = status;
    if (status.state === 'healthy') return ok('volumes', `${volume} at ${mountpoint}: ${found}`);
    if (!here) return ok('volumes', `${volume} is on ${host}; \`fts doctor\` there looks at it`);
    return fail('volumes', `${volume} at ${mountpoint} is ${status.state}: ${found}`, hint);
  });
}
