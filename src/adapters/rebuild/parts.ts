import { printableName } from '../../domain/names.js';
import type { RebuildPart } from '../../domain/rebuild-run.js';
import type { Amount } from '../../domain/restore.js';
import type { Part } from './record.js';

/** So many parts are in a plan, and no more bytes of their names than leave it below 12 KiB. */
const LISTED = 50;
const LISTED_BYTES = 7 * 1024;

/** All of some parts together. */
export const amountOf = (parts: readonly Part[]): Amount =>
  parts.reduce(
    (sum, { expected: { files, bytes } }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }),
    { files: 0, bytes: 0 },
  );

export const countsOf = (parts: readonly Part[]) => ({
  count: parts.length,
  projects: parts.filter(({ isProject }) => isProject).length,
});

/** The first parts, as many as a result may hold. */
export function firstOf(parts: readonly Part[]): RebuildPart[] {
  const first: RebuildPart[] = [];
  let bytes = 0;
  for (const { path, newestMs, isProject, expected } of parts.slice(0, LISTED)) {
    const part: RebuildPart = {
      ...printableName(Buffer.from(path, 'hex')),
      ...{ files: expected.files, bytes: expected.bytes, newest: new Date(newestMs).toISOString() },
      ...(isProject && { project: true }),
    };
    bytes += Buffer.byteLength(JSON.stringify(part));
    if (bytes > LISTED_BYTES) break;
    first.push(part);
  }
  return first;
}
