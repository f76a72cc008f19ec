import type { MirrorPlan } from '../../domain/mirror.js';
import { UPLOAD_CLASSES } from '../../domain/mirror.js';
import type { MirrorFiles } from './files.js';
import type { ListedFile } from './listing.js';
import { Ascending, bytesOf, liesBelow, listedFiles, named } from './lists.js';
import { failedNames } from './problems.js';

export interface PlannedMirror {
  files: MirrorFiles;
  plan: MirrorPlan;
  /** Whether the run that made the plan carried it out; of one that is at work, or failed, only what it leaves alone is known. */
  carriedOut: boolean;
  /** Restic repositories that wait for the next run, relative to the volume's root. */
  postponed: readonly string[];
}

/**
 * What the remote holds as the volume has it: of the source's listing all that was there before or went up, without what was
 * held, failed or was postponed; of a plan that was not carried out, what was the same on both sides. Ascending by name,
 * in bounded memory.
 */
export async function* expectedFiles({
  files,
  plan,
  carriedOut,
  postponed,
}: PlannedMirror): AsyncGenerator<ListedFile, void, undefined> {
  const lists = (names: readonly string[]) => names.map((list) => new Ascending(named(list)));
  const some = (kind: 'new' | 'changed') =>
    UPLOAD_CLASSES.filter((one) => plan[kind][one - 1]?.files !== 0).map((one) => files[kind](one));
  const added = lists(carriedOut ? some('new') : []);
  const overwritten = [...some('changed'), ...(plan.touched.files > 0 ? [files.touched] : [])];
  const held = lists(plan.held === 'losses' || !carriedOut ? overwritten : []);
  const remote = new Ascending<ListedFile>(listedFiles(files.remote));
  const failed = await failedNames(files);
  const waiting = postponed.map(bytesOf);
  for await (const file of listedFiles(files.source)) {
    const { name } = file;
    const isThere = (await remote.find(name)) !== undefined || (await isIn(added, name));
    const isHeld = await isIn(held, name);
    if (isThere && !isHeld && !failed.has(name) && !liesBelow(waiting, name)) yield file;
  }
}

/** Every list is asked for every name: they only go forward. */
async function isIn(lists: readonly Ascending<{ name: string }>[], name: string): Promise<boolean> {
  const found = await Promise.all(lists.map((list) => list.find(name)));
  return found.some((it) => it !== undefined);
}
