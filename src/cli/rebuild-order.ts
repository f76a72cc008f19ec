import { randomBytes } from 'node:crypto';
import { openRemote } from '../adapters/rclone-remote.js';
import { removeRebuildFiles } from '../adapters/rebuild/mirror.js';
import { lookForRebuild } from '../adapters/rebuild/look.js';
import { countsOf, firstOf } from '../adapters/rebuild/parts.js';
import { openRepository } from '../adapters/restic/repository.js';
import { FtsError } from '../domain/failures.js';
import type { RebuildPart } from '../domain/rebuild-run.js';
import type { RestoreSource } from '../domain/restore.js';
import { volumeRoot } from '../estate/lookup.js';
import { plural } from './format.js';
import type { Looking } from './looking.js';
import { note } from './output.js';
import { type RebuildWish, rebuildInput } from './rebuild-request.js';
import { partLines } from './rebuild-summary.js';
import { sourceLines } from './restore-summary.js';

/** From what a volume would be rebuilt, and in which order; both null where nothing is known to have it. */
export interface RebuildOrder {
  source: RestoreSource | null;
  parts: { count: number; projects: number; first: RebuildPart[] } | null;
}

/** Looks in which order a volume would come back. The volume need not be there; what would be `lostToo` is a last resort. */
export async function orderOf(
  looking: Looking,
  wish: RebuildWish,
  lostToo: ReadonlySet<string>,
): Promise<RebuildOrder> {
  const { loaded, state, secrets } = looking;
  const { host, ...request } = rebuildInput(loaded.estate, wish);
  const id = randomBytes(4).toString('hex');
  const setting = {
    ...{ loaded, host, state, signal: new AbortController().signal },
    ...{ tell: () => undefined, onStep: () => undefined, now: () => new Date(), reserveOf: () => 0 },
    open: (name: string) => openRepository(loaded, name, { state, secrets }),
    openRemote: (name: string) => openRemote(loaded, name, { state, secrets }),
    requireVolume: (volume: string) => Promise.resolve({ mountpoint: volumeRoot(loaded, volume) }),
  };
  try {
    const { source, parts } = await lookForRebuild(setting, request, { id, lostToo });
    return { source, parts: { ...countsOf(parts), first: firstOf(parts) } };
  } catch (error) {
    if (!(error instanceof FtsError) || Object.keys(request).length > 2) throw error;
    note(`The order is not known: ${error.message}`);
    return { source: null, parts: null };
  } finally {
    await removeRebuildFiles(state, id);
  }
}

/** The order for people. */
export const orderLines = (order: RebuildOrder | undefined, timeZone: string): string[] =>
  order?.source && order.parts
    ? [
        ...sourceLines({ source: order.source }),
        `in this order, ${plural(order.parts.count, 'part')}:`,
        ...partLines(order.parts.first, order.parts.count, timeZone),
      ]
    : [];
