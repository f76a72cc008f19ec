import { randomInt } from 'node:crypto';
import { chmod, lstat } from 'node:fs/promises';
import { chunksOf } from './chunks.js';
import type { Chunk } from './compare.js';
import { tamper } from './control.js';
import type { SnapshotPlace } from './files.js';
import { unchangedLive } from './live.js';
import type { Restored } from './restore.js';
import type { Scratch } from './scratch.js';
import type { Chosen } from './selection.js';
import type { DrillSetting } from './setting.js';

/** How a restored file was compared: again, the very same, for the negative control. */
interface Comparison {
  file: Chosen;
  how: 'live' | 'chunks';
  again: () => Promise<boolean>;
}

export interface Judgement {
  equal: Comparison[];
  different: { file: Chosen; message: string }[];
  /** Neither the live file is the one that was saved, nor could the snapshot's chunks be made out. */
  notComparable: number;
}

export interface JudgeRequest {
  place: SnapshotPlace;
  scratch: Scratch;
  files: readonly Chosen[];
  restored: Restored;
  /** Root of the volume whose live files are compared with. */
  live: string | undefined;
}

const SAYS_CHUNKS = 'it is not what the chunk ids of the snapshot say';
const LIVE_ALONE =
  'the live file differs from it, and its times say that nobody changed it; what was restored is what was saved';
const LIVE_TOO = `${SAYS_CHUNKS}, and differs from the live file`;

/** Compares restored files with the live ones that are unchanged since, and all others with the snapshot's chunk ids. */
export async function judge(setting: DrillSetting, request: JudgeRequest): Promise<Judgement> {
  const { comparer, signal, tell } = setting;
  const { scratch, files, restored, live } = request;
  const judgement: Judgement = { equal: [], different: [], notComparable: 0 };
  const suspects = new Set<Chosen>();
  const rest: Chosen[] = [];
  for (const [index, file] of files.entries()) {
    signal.throwIfAborted();
    tell({ phase: 'compare', files: index, totalFiles: files.length });
    const missing = await missingPart(scratch.fileAt(file.path), file, restored);
    if (missing !== undefined) {
      judgement.different.push({ file, message: missing });
      continue;
    }
    const path = live === undefined ? undefined : await unchangedLive(live, file);
    const again = (): Promise<boolean> => comparer.equalFiles(scratch.fileAt(file.path), path ?? '');
    const isEqual = path !== undefined && (await again());
    const isStill = path !== undefined && (await unchangedLive(live ?? '', file)) !== undefined;
    if (isEqual && isStill) judgement.equal.push({ file, how: 'live', again });
    else rest.push(file);
    if (isStill && !isEqual) suspects.add(file);
  }
  const chunks = rest.length === 0 ? new Map<string, Chunk[]>() : await chunksOf(request.place, rest);
  for (const file of rest) {
    signal.throwIfAborted();
    const known = chunks.get(file.path);
    const again = (): Promise<boolean> => comparer.equalChunks(scratch.fileAt(file.path), known ?? []);
    const isEqual = known && (await again());
    if (suspects.has(file)) judgement.different.push({ file, message: isEqual ? LIVE_ALONE : LIVE_TOO });
    else if (isEqual) judgement.equal.push({ file, how: 'chunks', again });
    else if (known) judgement.different.push({ file, message: SAYS_CHUNKS });
    else judgement.notComparable += 1;
  }
  return judgement;
}

/** What of a file was not restored, for a person. */
async function missingPart(
  path: string,
  { path: place, size }: Chosen,
  { problems }: Restored,
): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() && stats.size === size) return undefined;
  return (
    problems.get(place) ??
    (stats ? `${String(stats.size)} of ${String(size)} bytes were restored` : 'it was not restored')
  );
}

/**
 * Alters one restored file for each way of comparing that was used, and compares it again in that very way. Caught, if
 * each is found to be different. Where no file was equal, that a difference was found has to be enough.
 */
export async function negativeControl(
  scratch: Scratch,
  { equal, different }: Judgement,
): Promise<'caught' | 'missed'> {
  const used = (['live', 'chunks'] as const).map((way) => equal.filter(({ how }) => how === way));
  let isCaught = equal.length > 0 || different.length > 0;
  for (const comparisons of used) {
    const comparison = comparisons[comparisons.length === 0 ? 0 : randomInt(comparisons.length)];
    if (comparison === undefined) continue;
    const path = scratch.fileAt(comparison.file.path);
    await chmod(path, 0o600); // whatever the original's mode is
    await tamper(path, comparison.file.size);
    if (await comparison.again()) isCaught = false;
  }
  return isCaught ? 'caught' : 'missed';
}
