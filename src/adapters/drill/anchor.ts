import type { DrillAnchor } from '../../domain/drill.js';
import { sha256OfFile } from './compare.js';
import type { Judgement } from './judge.js';
import type { AnchorRecord } from './record.js';
import type { Scratch } from './scratch.js';
import type { Chosen } from './selection.js';

export interface AnchorAnswer {
  record: AnchorRecord;
  state: DrillAnchor['state'];
}

const OTHER_CONTENT = 'it has the size and times that it had at the last drill, and other content';

/**
 * Compares the anchor with what it was at the last drill that succeeded: with the same size and times, it has to have the
 * same content, whatever the repository and the volume say today. Adds to the judgement; undefined if it was not restored.
 */
export async function anchorOf(
  anchor: Chosen,
  scratch: Scratch,
  { judgement, last }: { judgement: Judgement; last: AnchorRecord | undefined },
): Promise<AnchorAnswer | undefined> {
  const index = judgement.equal.findIndex(({ file }) => file.path === anchor.path);
  if (index < 0) return undefined;
  const { within: path, size, mtime, ctime } = anchor;
  const record = { path, size, mtime, ctime, sha256: await sha256OfFile(scratch.fileAt(anchor.path)) };
  if (last === undefined) return { record, state: 'new' };
  if (last.path !== path) return { record, state: 'gone' };
  const isSame = last.size === size && last.mtime === mtime && last.ctime === ctime;
  if (isSame && last.sha256 !== record.sha256) {
    judgement.equal.splice(index, 1);
    judgement.different.push({ file: anchor, message: OTHER_CONTENT });
  }
  return { record, state: isSame ? 'same' : 'changed' };
}
