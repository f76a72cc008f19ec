import type { RestoreResult } from '../../domain/restore.js';
import { removeMirrorFiles } from './mirror-files.js';
import type { Ground } from './ground.js';
import { removeStaging } from './publish.js';
import { type RestoreRecord, readRestore, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import { restoredSoFar } from './so-far.js';

/**
 * Notes that a restore does not go on: its staging is nobody's from then on, and goes now or, where its disk is away, with
 * the next restore there. Touches no disk but the state's. Safe to repeat.
 */
export async function giveUp(
  { state, onStep }: RestoreSetting,
  id: string,
): Promise<RestoreRecord | undefined> {
  const record = await readRestore(state, id);
  if (record === undefined || record.givenUp) return record;
  const next = await writeRestore(state, record, { givenUp: true });
  await onStep('given-up');
  return next;
}

/**
 * Removes what a restore that was given up has in staging; what it kept stays. Answers with what it had done. Safe to
 * repeat: what it had done is recorded before.
 */
export async function clearGivenUp(
  setting: RestoreSetting,
  record: RestoreRecord,
  ground: Ground,
): Promise<RestoreResult | undefined> {
  const done = record.soFar === undefined ? await countSoFar(setting, record) : record.soFar;
  await removeStaging(ground, record.id);
  await removeMirrorFiles(setting.state, record.id, record.items.length);
  return done ?? undefined;
}

/** Once the staging is gone nobody can tell any more. What cannot be counted is removed all the same. */
async function countSoFar(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreResult | null> {
  const soFar = (await restoredSoFar(setting, record).catch(() => undefined)) ?? null;
  await writeRestore(setting.state, record, { soFar });
  await setting.onStep('counted');
  return soFar;
}
