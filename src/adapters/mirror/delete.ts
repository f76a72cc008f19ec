import { FtsError } from '../../domain/failures.js';
import type { NamedProblem } from '../../domain/job.js';
import { UPLOAD_CLASSES, type UploadClass } from '../../domain/mirror.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { removeEmptied } from './emptied.js';
import type { MirrorFiles } from './files.js';
import type { ListedFile } from './listing.js';
import { Ascending, batchesOf, bytesOf, liesBelow, listedFiles, named } from './lists.js';
import { mountedFolders } from './mounts.js';
import { type MirrorPlace, listingOption, wantedFromSource, writeNames } from './place.js';
import { shortPath } from '../purge/problems.js';
import { RCLONE_HINTS, type RcloneProblem, meaningOfRclone } from '../rclone-failure.js';
import { BUCKETS } from '../rclone-remote.js';
import { runRclone } from '../rclone.js';

/** So many names between two looks at the volume and the source. */
const BATCH = 500;

/** How far the deletions of a plan are: all before `line` of list number `list` is done. Bytes. */
export interface Deletion {
  list: UploadClass;
  line: number;
  files: number;
  bytes: number;
  /** Names of the plan that are in the source again: they stay. */
  returned: number;
  /** Files that rclone lists and does not find by that name, as other programs may name them: they stay. */
  left?: { count: number; first: NamedProblem[] };
}

/** At most so many of them are named. */
const NAMED = 10;

const NOTHING_DELETED: Deletion = { list: 1, line: 0, files: 0, bytes: 0, returned: 0 };

export interface DeletionCall {
  place: MirrorPlace;
  /** Where an earlier attempt got to; undefined in a first one. */
  from: Deletion | undefined;
  /** Folders of which nothing is deleted. */
  postponed: readonly string[];
  /** Whether a file of the remote may lie under another name in the source, which could not be brought there: it stays. */
  mayBeMoved?: (file: ListedFile) => boolean;
  /** Fails when the volume is not the one that was planned for. */
  guard: () => Promise<void>;
  /** Makes the progress durable. */
  keep: (done: Deletion) => Promise<void>;
  tell: (done: Pick<Deletion, 'files' | 'bytes'>) => void;
  /** Names between two looks; tests take few. */
  batch?: number;
}

/**
 * Deletes exactly what the plan names, each only if it is still missing in the source. On B2 a deletion hides.
 *
 * What is there if the process dies:
 * - in `guard` or `wantedFromSource`: every batch up to the last `keep` is deleted, nothing else is. The guard looks
 *   before and after: the tree that the names were missing in was the declared one.
 * - in `hide`: some names of this one batch are deleted too, all of them missing in the source. rclone ends with the
 *   worker.
 * - before or in `keep`: the batch is deleted and not yet counted. The next attempt takes the whole batch again: it looks
 *   whether its names are missing, and what is deleted already is not listed any more, so that nothing happens to it.
 * - after `keep`: as in the first case.
 * A name below a folder on which something is mounted stays: what the volume has there cannot be seen.
 * The lists do not change while their run lasts, so a line number means the same name in every attempt. That the
 * remote's file is still the version that was planned is not looked at: rclone has no such operation, and on B2 a file
 * that another writer put there meanwhile is hidden, not lost.
 */
export async function deletePlanned({
  place,
  from = NOTHING_DELETED,
  postponed,
  mayBeMoved = () => false,
  guard,
  keep,
  tell,
  batch: size = BATCH,
}: DeletionCall): Promise<Deletion> {
  let done = from;
  for (const number of UPLOAD_CLASSES) {
    if (number < from.list) continue;
    if (number > from.list) done = { ...done, list: number, line: 0 };
    const planned = deletionsWithSizes(place.files, number);
    for await (const batch of batchesOf(planned, size, done.line)) {
      await guard();
      const wanted = batch.filter((file) => !liesBelow(postponed, file.name) && !mayBeMoved(file));
      const back = await wantedFromSource(
        place,
        wanted.map(({ name }) => name),
      );
      const { covers } = await mountedFolders(place.root);
      await guard();
      const missing = wanted.filter(({ name }) => !back.has(name) && !covers(name));
      const left = missing.length > 0 ? await hide(place, missing) : [];
      const names = new Set(left.map(({ object }) => bytesOf(object)));
      const hidden = missing.filter(({ name }) => !names.has(name));
      done = {
        list: number,
        line: done.line + batch.length,
        files: done.files + hidden.length,
        bytes: hidden.reduce((sum, { size }) => sum + size, done.bytes),
        returned: done.returned + wanted.length - missing.length,
        ...withLeft(done.left, left),
      };
      await keep(done);
      tell(done);
    }
  }
  if (done.files > 0 && !BUCKETS.has(place.remote.type)) await removeEmptied(place);
  return done;
}

/** What a list of deletions names, as the remote had it when the plan was made. */
export async function* deletionsWithSizes(
  files: MirrorFiles,
  number: UploadClass,
): AsyncGenerator<ListedFile> {
  const remote = new Ascending<ListedFile>(listedFiles(files.remote));
  for await (const { name } of named(files.delete(number)))
    yield (await remote.find(name)) ?? { name, size: 0, mtime: '', sha1: '' };
}

/** B2's word for a name that no file has: rclone writes some characters in its own way, and other programs do not. */
const NOT_BY_THAT_NAME = /no_such_file|file not present/i;

type Left = Required<RcloneProblem>;

function withLeft(before: Deletion['left'], left: readonly Left[]): Pick<Deletion, 'left'> {
  if (left.length === 0) return before ? { left: before } : {};
  const named = left.map(({ object }): NamedProblem => ({
    ...shortPath([Buffer.from(pathOfRcloneName(object))]),
    message: 'rclone lists it, and does not find it by that name',
  }));
  return {
    left: {
      count: (before?.count ?? 0) + left.length,
      first: [...(before?.first ?? []), ...named].slice(0, NAMED),
    },
  };
}

/** Returns what it does not find. */
async function hide(place: MirrorPlace, files: readonly { name: string }[]): Promise<Left[]> {
  const { remote, total, signal } = place;
  const names = files.map(({ name }) => name);
  const list = await writeNames(place, 'batch.txt', names);
  const problems: RcloneProblem[] = [];
  const left: Left[] = [];
  await runRclone(remote, {
    args: ['delete', remote.root, '--files-from-raw', list, ...(await listingOption(names, total))],
    signal,
    onProblem: ({ object, message }) => {
      if (object && NOT_BY_THAT_NAME.test(message)) left.push({ object, message });
      else problems.push({ ...(object !== undefined && { object }), message });
    },
  });
  const [problem] = problems;
  if (problem === undefined) return left;
  const { object, message } = problem;
  const type = meaningOfRclone(message) ?? 'ToolFailed';
  const said = `remote ${remote.name}: ${object ?? 'rclone'} cannot be deleted: ${message}`;
  throw new FtsError(type, said, RCLONE_HINTS[type]);
}
