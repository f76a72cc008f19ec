import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { type MirrorPlan, UPLOAD_CLASSES } from '../../domain/mirror.js';
import type { MirrorFiles } from './files.js';
import type { ListedFile } from './listing.js';
import { Ascending, listedFiles, named, namesIn } from './lists.js';
import { LossTally } from './loss.js';

/**
 * Fails with `StateCorrupt` unless the lists beside a plan are those that were judged: as many names to upload, and
 * exactly those files to delete and to overwrite whose hash the verdict, or an approval, is about.
 */
export async function requireAsPlanned(files: MirrorFiles, plan: MirrorPlan): Promise<void> {
  try {
    await requireSameLists(files, plan);
  } catch (error) {
    if (error instanceof FtsError) throw error;
    throw altered(files, error instanceof Error ? error.message : String(error));
  }
}

async function requireSameLists(files: MirrorFiles, plan: MirrorPlan): Promise<void> {
  for (const [name, bytes] of Object.entries(plan.lists ?? {})) {
    const { size } = await stat(join(files.folder, name));
    if (size !== bytes) throw altered(files, `${name} has ${String(size)} bytes, and had ${String(bytes)}`);
  }
  for (const kind of UPLOAD_CLASSES) {
    const expected = plan.new[kind - 1]?.files;
    if ((await count(files.new(kind))) !== expected) throw altered(files);
  }
  const { deletions, overwrites } = plan.losses;
  const deleted = UPLOAD_CLASSES.map((step) => files.delete(step));
  const overwritten = [...UPLOAD_CLASSES.map((kind) => files.changed(kind)), files.touched];
  if ((await hashOf(files, deleted, 'delete')) !== deletions.hash) throw altered(files);
  if ((await hashOf(files, overwritten, 'overwrite')) !== overwrites.hash) throw altered(files);
}

/** The hash of what lists name, as the plan's; undefined when they name what the remote did not have. */
async function hashOf(
  files: MirrorFiles,
  lists: readonly string[],
  how: 'delete' | 'overwrite',
): Promise<string | undefined> {
  const tally = new LossTally();
  const remote = new Ascending<ListedFile>(listedFiles(files.remote));
  for await (const name of merged(lists)) {
    const file = await remote.find(name);
    if (file === undefined) return undefined;
    tally.add(file, how);
  }
  return tally.loss.hash;
}

/** The names of sorted lists, in one order, in bounded memory. */
async function* merged(lists: readonly string[]): AsyncGenerator<string, void, undefined> {
  const sources = lists.map((list) => named(list));
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let least: number | undefined;
    for (const [index, head] of heads.entries()) {
      if (head.done === true) continue;
      const best = least === undefined ? undefined : heads[least];
      if (best === undefined || best.done === true || head.value.name < best.value.name) least = index;
    }
    const source = least === undefined ? undefined : sources[least];
    const head = least === undefined ? undefined : heads[least];
    if (least === undefined || source === undefined || head === undefined || head.done === true) return;
    yield head.value.name;
    heads[least] = await source.next();
  }
}

async function count(list: string): Promise<number> {
  let names = 0;
  const counted = namesIn(list);
  while ((await counted.next()).done !== true) names += 1;
  return names;
}

/** The sizes of the lists that a plan goes by (bytes), by file name. */
export async function sizesOfLists(files: MirrorFiles): Promise<Record<string, number>> {
  const byKind = UPLOAD_CLASSES.flatMap((kind) => [files.new(kind), files.changed(kind), files.delete(kind)]);
  const lists = [files.source, files.remote, files.touched, files.frozen, files.unreadable, ...byKind];
  const there = new Set(await readdir(files.folder));
  const sizes = lists
    .map((list) => basename(list))
    .filter((name) => there.has(name))
    .map(async (name) => [name, (await stat(join(files.folder, name))).size] as const);
  return Object.fromEntries(await Promise.all(sizes));
}

const altered = ({ folder }: MirrorFiles, found = 'their names differ'): FtsError =>
  new FtsError(
    'StateCorrupt',
    `the lists in ${folder} are not those that the plan was judged by (${found}); nothing more is done`,
    'run the job again: it plans anew',
  );
