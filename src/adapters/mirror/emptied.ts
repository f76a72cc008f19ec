import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { UPLOAD_CLASSES } from '../../domain/mirror.js';
import { linesOf } from './files.js';
import { namesIn } from './lists.js';
import type { MirrorPlace } from './place.js';
import { textOf } from './source.js';
import type { RcloneProblem } from '../rclone-failure.js';
import { runRclone } from '../rclone.js';

/**
 * Removes the folders that a plan's deletions emptied, and no others: where a folder is more than a part of a name, an
 * empty one is in the way of a file of its name. A folder goes when nothing is left below it but folders out of which the
 * plan deleted, too. Safe to repeat: if the process dies some of them are there still, and empty. What cannot be listed
 * stays. Fails as `runRclone` does.
 */
export async function removeEmptied(place: Omit<MirrorPlace, 'filter' | 'total' | 'root'>): Promise<void> {
  const { remote, files, signal } = place;
  const emptied = new Set<string>();
  for (const step of UPLOAD_CLASSES) {
    for await (const name of namesIn(files.delete(step)))
      for (const above of foldersOf(name)) emptied.add(above);
  }
  const listing = join(files.folder, 'left.txt');
  if (emptied.size === 0) return;
  const problems: RcloneProblem[] = [];
  await runRclone(remote, {
    args: ['lsf', '--recursive', '--fast-list', remote.root],
    ...{ stdoutFile: listing, signal },
    onProblem: (problem) => problems.push(problem),
  });
  if (problems.length > 0) return;
  for await (const lines of linesOf(listing)) {
    for (const line of lines) {
      if (line.endsWith('/') && emptied.has(line.slice(0, -1))) continue;
      for (const above of foldersOf(line.replace(/\/$/, ''))) emptied.delete(above);
    }
  }
  for (const folder of emptied) {
    if (foldersOf(folder).some((above) => emptied.has(above))) continue;
    await removeTree(place, textOf(folder));
  }
}

/** `rmdirs` removes nothing that holds a file. */
async function removeTree(
  { remote, signal }: Pick<MirrorPlace, 'remote' | 'signal'>,
  folder: string,
): Promise<void> {
  try {
    await runRclone(remote, { args: ['rmdirs', `${remote.root}/${folder}`], signal });
  } catch (error) {
    if (!(error instanceof FtsError && error.type === 'PathMissing')) throw error;
  }
}

/** All folders that a name lies in, as listings have them. */
function foldersOf(name: string): string[] {
  const folders: string[] = [];
  for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1))
    folders.push(name.slice(0, end));
  return folders;
}
