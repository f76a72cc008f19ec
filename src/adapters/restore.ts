import type { RestoreResult } from '../domain/restore.js';
import type { LoadedEstate } from '../estate/load.js';
import { lockPath } from './locks.js';
import { whileLocked } from './project/lock.js';
import { fetchRestore } from './restore/fetch.js';
import { clearGivenUp, giveUp } from './restore/give-up.js';
import { fetchFromMirror } from './restore/mirror-fetch.js';
import { planRestore, prepareRestore } from './restore/prepare.js';
import { publishRestore } from './restore/publish.js';
import { type RestoreRecord, lockOfRestore, readRestore } from './restore/record.js';
import { requireGround } from './restore/ground.js';
import type { RestoreSetting } from './restore/setting.js';
import { verifyRestore } from './restore/verify.js';
import type { State } from './state.js';

/** A restore on this host's disk. */
export const restoreEngine = {
  plan: planRestore,
  prepare: prepareRestore,
  read: readRestore,
  fetch: (setting: RestoreSetting, record: RestoreRecord): Promise<RestoreRecord> =>
    'remote' in record.source ? fetchFromMirror(setting, record) : fetchRestore(setting, record),
  verify: verifyRestore,
  publish: publishRestore,
  giveUp,
  discard: async (setting: RestoreSetting, record: RestoreRecord): Promise<RestoreResult | undefined> => {
    const { ground } = record.target;
    await requireGround(setting, ground);
    return clearGivenUp(setting, record, ground);
  },
};

/**
 * Works while no other attempt works on the same restore and, as far as the target itself is written to, no other
 * restore does: two that write into one tree would be in each other's way. Fails with `Busy`.
 */
export const exclusiveRestore =
  (state: State) =>
  async <T>(
    { estate }: LoadedEstate,
    { id, target: { ground } }: RestoreRecord,
    scope: 'staging' | 'target',
    work: () => Promise<T>,
  ): Promise<T> => {
    const own = lockOfRestore(state, id);
    if (scope === 'staging') return whileLocked(own, work);
    const volumeRoot = ground.volume === undefined ? undefined : ground.root;
    const lockable = { name: 'restore', location: ground.root, volumeRoot };
    const shared = await lockPath(lockable, { estate: estate.estate, state });
    return whileLocked(shared, () => whileLocked(own, work));
  };
