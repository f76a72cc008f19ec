import { readdir } from 'node:fs/promises';
import { damageOr } from '../../domain/damage.js';
import { whileLocked } from '../project/lock.js';
import { type Ground, stagingPath } from './ground.js';
import { clearGivenUp } from './give-up.js';
import { removeMirrorFiles } from './mirror-files.js';
import { removeStaging } from './publish.js';
import { type RestoreRecord, lockOfRestore, readRestore } from './record.js';
import type { RestoreSetting } from './setting.js';

/** A restore of which nothing was heard for so long is not gone on with (milliseconds). */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * Removes what restores have in staging that were given up while their disk was away, and a week later of those that
 * ended without a word: terminated, or cancelled while their host was away. One that this host has no record of stays, or
 * a damaged one, or one that somebody works on. What cannot be removed is in the way of no other restore, and is tried
 * again by the next one. Safe to repeat.
 */
export async function sweepStaging(setting: RestoreSetting, ground: Ground): Promise<void> {
  const { state, now } = setting;
  const overdue = async (id: string): Promise<RestoreRecord | undefined> => {
    const { record } = await damageOr(readRestore(state, id));
    if (record?.givenUp) return record;
    return record && now().getTime() - Date.parse(record.at) >= ABANDONED_MS ? record : undefined;
  };
  const ids = await readdir(stagingPath(ground, '')).catch(() => []);
  for (const id of ids) {
    if (!(await overdue(id))) continue;
    const clear = async (): Promise<void> => {
      const record = await overdue(id); // whoever had the lock may have gone on with it
      if (record?.givenUp) {
        await clearGivenUp(setting, record, ground);
      } else if (record) {
        await removeStaging(ground, id);
        await removeMirrorFiles(state, id, record.items.length);
      }
    };
    await whileLocked(lockOfRestore(state, id), clear).catch(() => undefined);
  }
}
