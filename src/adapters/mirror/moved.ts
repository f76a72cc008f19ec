import type { MirrorFiles } from './files.js';
import type { ListedFile } from './listing.js';
import { listedFiles } from './lists.js';
import { failedNames } from './problems.js';
import { sameTime } from './times.js';

/**
 * Tells the files of the remote that may lie in the source under a name that could not be brought there: those of the
 * same size and time, which renaming does not change. Their old name is then the only one that the remote has.
 */
export async function movedInVain(
  files: MirrorFiles,
  precisionNs: number | undefined,
): Promise<(file: ListedFile) => boolean> {
  const failed = await failedNames(files);
  if (failed.size === 0) return () => false;
  const timesOf = new Map<number, string[]>();
  for await (const { name, size, mtime } of listedFiles(files.source)) {
    if (failed.has(name)) timesOf.set(size, [...(timesOf.get(size) ?? []), mtime]);
  }
  return ({ size, mtime }) =>
    (timesOf.get(size) ?? []).some((time) => mtime !== '' && sameTime(time, mtime, precisionNs));
}
