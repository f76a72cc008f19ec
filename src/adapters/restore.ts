import type { RestoreResult } from '../domain/restore.js';
import type { LoadedEstate } from '../estate/load.js';
import { lockPath } from './locks.js';
import { whileLocked } from './project/lock.js';
import { fetchRestore } from './restore/fetch.js';
import { fetchFromMirror } from './restore/mirror-fetch.js';
import { removeMirrorFiles } from './restore/mirror-files.js';
import { planRestore, prepareRestore } from './restore/prepare.js';
import { publishRestore, removeStaging } from './restore/publish.js';
import { type RestoreRecord, lockOfRestore, readRestore, writeRestore } from './restore/record.js';
import { requireGround } from './restore/ground.js';
import { restoredSoFar } from './restore/so-far.js';
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
  discard: async (setting: RestoreSetting, record: RestoreRecord): Promise<RestoreResult | undefined> => {
    const { target, id, items } = record;
    await requireGround(setting, target.ground);
    const done = record.soFar === undefined ? await countSoFar(setting, record) : record.soFar;
    await removeStaging(target.ground, id);
    await removeMirrorFiles(setting.state, id, items.length);
    return done ?? undefined;
  },
};

/** Once the staging is gone nobody can tell any more. What cannot be counted is removed all the same. */
async function countSoFar(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreResult | null> {
  const soFar = (await restoredSoFar(setting, record).catch(() => undefined)) ?? null;
  await writeRestore(setting.state, record, { soFar });
  await setting.onStep('counted');
  return soFar;
}

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
