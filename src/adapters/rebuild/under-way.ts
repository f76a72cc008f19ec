import { isUnderWay, stateOf } from './progress.js';
import { readRebuild } from './record.js';
import type { State } from '../state.js';
import { readVolumeRecord } from '../volume/record.js';

/** A rebuild of which nothing was heard for so long keeps no job waiting (milliseconds). */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/** Whether a volume is only partly back: a snapshot or mirror of it now would be one of a part, and take it for the whole. */
export async function isBeingRebuilt(state: State, volume: string, now: number): Promise<boolean> {
  const rebuild = await readRebuild(state, volume);
  if (rebuild === undefined || rebuild.endedAt !== undefined) return false;
  if (now - Date.parse(rebuild.at) > ABANDONED_MS) return false;
  return (await readVolumeRecord(state, volume))?.created === rebuild.tree;
}

/** How far a rebuild is. */
export interface Unfinished {
  parts: { count: number; done: number; failed: number };
  bytes: number;
  totalBytes: number;
  /** RFC 3339; when it began, and when it got on last. */
  beganAt: string;
  at: string;
  /** When all parts had been tried; null before that. */
  endedAt: string | null;
}

/**
 * The rebuild of a volume's present drive that has not brought all back; undefined if there is none. One that came to its end
 * counts for a week: what cannot be had need not be told for ever. `now` in milliseconds. Fails with `StateCorrupt`.
 */
export async function readUnfinished(
  state: State,
  volume: string,
  now: number,
): Promise<Unfinished | undefined> {
  const rebuild = await readRebuild(state, volume);
  if (rebuild === undefined || !isUnderWay(rebuild)) return undefined;
  if (rebuild.endedAt !== undefined && now - Date.parse(rebuild.endedAt) > ABANDONED_MS) return undefined;
  if ((await readVolumeRecord(state, volume))?.created !== rebuild.tree) return undefined;
  const { doneBytes: bytes, total, beganAt, at, endedAt = null } = rebuild;
  return { parts: stateOf(rebuild).parts, bytes, totalBytes: total.bytes, beganAt, at, endedAt };
}
