import { readRebuild } from './rebuild-record.js';
import type { State } from './state.js';
import { readVolumeRecord } from './volume-record.js';

/** A rebuild of which nothing was heard for so long keeps no job waiting (milliseconds). */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/** Whether a volume is only partly back: a snapshot or mirror of it now would be one of a part, and take it for the whole. */
export async function isBeingRebuilt(state: State, volume: string, now: number): Promise<boolean> {
  const rebuild = await readRebuild(state, volume);
  if (rebuild === undefined || rebuild.endedAt !== undefined) return false;
  if (now - Date.parse(rebuild.at) > ABANDONED_MS) return false;
  return (await readVolumeRecord(state, volume))?.created === rebuild.tree;
}
