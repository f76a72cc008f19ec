import { readdir } from 'node:fs/promises';
import { damageOr } from '../../domain/damage.js';
import { FtsError } from '../../domain/failures.js';
import { whileLocked } from '../project/lock.js';
import { type Ground, stagingPath } from './ground.js';
import { removeMirrorFiles } from './mirror-files.js';
import { removeStaging } from './publish.js';
import { lockOfRestore, readRestore } from './record.js';
import type { RestoreSetting } from './setting.js';

/** A restore of which nothing was heard for so long is not gone on with (milliseconds). */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * Removes what restores have in staging that ended without the chance to: terminated, or cancelled while their host was
 * away. One that this host has no record of stays, or a damaged one, as does one that somebody works on. Safe to repeat.
 */
export async function sweepStaging({ state, now }: RestoreSetting, ground: Ground): Promise<void> {
  const ids = await readdir(stagingPath(ground, '')).catch(() => []);
  for (const id of ids) {
    const { record } = await damageOr(readRestore(state, id));
    if (record === undefined || now().getTime() - Date.parse(record.at) < ABANDONED_MS) continue;
    try {
      await whileLocked(lockOfRestore(state, id), async () => {
        await removeStaging(ground, id);
        await removeMirrorFiles(state, id, record.items.length);
      });
    } catch (error) {
      if (!(error instanceof FtsError) || error.type !== 'Busy') throw error;
    }
  }
}
