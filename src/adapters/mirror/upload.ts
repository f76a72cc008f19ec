import { createWriteStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Removal } from '../../domain/hold.js';
import { UPLOAD_CLASSES } from '../../domain/mirror.js';
import { rcloneName } from '../../domain/rclone-names.js';
import { type ListedFile, isNoLink } from './listing.js';
import { Ascending, batchesOf, bytesOf, liesBelow, listedFiles, namesIn } from './lists.js';
import { type MirrorPlace, listingOption, presentInSource } from './place.js';
import { sameTime } from './times.js';
import type { RcloneProblem } from '../rclone-failure.js';
import { type RcloneProgress, runRclone } from '../rclone.js';

/**
 * B2 itself compares the SHA-1 that is sent ahead with what arrives. rclone would read the source once more afterwards
 * and, where it has changed by then, hide what it has just brought there, and with it what was there before.
 */
const CHECKED_BY_REMOTE: Readonly<Record<string, readonly string[]>> = { b2: ['--ignore-checksum'] };

/** So many indexes of a repository are looked for at once. */
const INDEXES_A_LOOK = 5000;

/** What an upload did. */
export interface Upload {
  /** Files whose content went up, in all attempts. */
  transferred: Removal;
  /**
   * Repositories whose indexes, snapshots and deletions wait for the next run: they were pruned meanwhile, or what these
   * need could not be brought there.
   */
  postponed: readonly string[];
}

export interface UploadCall {
  place: MirrorPlace;
  /** Whether what the remote has may be overwritten; new files always go up. */
  overwrite: boolean;
  /** Restic repositories on the volume, relative to its root. */
  repositories: readonly string[];
  /** Those that wait for the next run anyhow; as listings have them. */
  postponed: readonly string[];
  /** rclone's timetable of limits, and the zone of its times. */
  bandwidth: { limit?: string | undefined; timezone: string };
  /** A listing of what the remote has by now; undefined in a first attempt, which knows it from the plan. */
  remoteNow: string | undefined;
  /** Two times of one file may differ by so much (nanoseconds): what the remote keeps is coarser. */
  precisionNs: number | undefined;
  /** Fails when the volume is not the one that was planned for. Called before each list. */
  guard: () => Promise<void>;
  tell: (progress: RcloneProgress) => void;
  onProblem: (problem: RcloneProblem) => void;
  onWaiting: (reason: string) => void;
}

/**
 * Uploads what the plan names, and deletes nothing. What left the source meanwhile is passed over. Safe to repeat: what
 * an earlier attempt brought there (same size and time by `remoteNow`) is counted and not uploaded again.
 *
 * What is there if the process dies: each file of the remote is as it was or as it is in the source, never half of it (B2
 * makes a file when all of it is there; what a large upload leaves is hidden from readers and goes by the lifecycle rule).
 * Packs come before indexes and indexes before snapshots, so that whatever was reached, a mirrored repository opens.
 */
export async function uploadPlanned(asked: UploadCall): Promise<Upload> {
  const { place, overwrite, guard } = asked;
  const { files } = place;
  const failed = new FailedRepositories(asked.repositories);
  const call: UploadCall = {
    ...asked,
    onProblem: (problem) => {
      failed.note(problem);
      asked.onProblem(problem);
    },
  };
  let transferred: Removal = { files: 0, bytes: 0 };
  let { postponed } = call;
  const take = async (list: string): Promise<void> => {
    const { path, there } = await remaining(call, list, postponed);
    transferred = sum(transferred, there);
    if (await isEmpty(path)) return;
    await guard();
    transferred = sum(transferred, await copy(call, path, await lookingUp(place, list, path), transferred));
  };

  for (const number of UPLOAD_CLASSES) {
    if (number > 1) postponed = await pruned(place, postponed);
    await take(files.new(number));
    if (overwrite) await take(files.changed(number));
    postponed = [...new Set([...postponed, ...failed.found])];
  }
  if (overwrite) await take(files.touched);
  return { transferred, postponed };
}

/** Restic repositories of which a file could not be brought there: what comes after it in the order would not open. */
class FailedRepositories {
  readonly found = new Set<string>();
  readonly #all: readonly string[];

  constructor(paths: readonly string[]) {
    this.#all = paths.map((path) => bytesOf(rcloneName(path)));
  }

  note({ object }: RcloneProblem): void {
    if (object === undefined) return;
    for (const folder of this.#all) if (liesBelow([folder], bytesOf(object))) this.found.add(folder);
  }
}

/** What the remote has is known from the plan, but for files that may only have another time: rclone compares those. */
const lookingUp = async (place: MirrorPlace, list: string, path: string): Promise<string[]> =>
  list === place.files.touched ? listingOption(namesIn(path), place.total) : ['--no-check-dest'];

const isEmpty = async (list: string): Promise<boolean> => (await namesIn(list).next()).done === true;

/** One rclone for one list. */
async function copy(
  { place, bandwidth, tell, onProblem, onWaiting }: UploadCall,
  list: string,
  options: readonly string[],
  before: Removal,
): Promise<Removal> {
  const { remote, root, signal } = place;
  let sent: Removal = { files: 0, bytes: 0 };
  await runRclone(remote, {
    args: [
      ...['copy', '.', remote.root, '--files-from-raw', list, ...options],
      ...(CHECKED_BY_REMOTE[remote.type] ?? []),
      ...(bandwidth.limit === undefined ? [] : ['--bwlimit', bandwidth.limit]),
    ],
    directory: root,
    environment: { TZ: bandwidth.timezone },
    signal,
    onProgress: (progress) => {
      sent = { files: progress.files ?? 0, bytes: progress.bytes ?? 0 };
      const { files, bytes } = sum(before, sent);
      tell({ ...progress, files, bytes });
    },
    onProblem: (problem) => {
      if (!isNoLink(problem)) onProblem(problem);
    },
    onWaiting,
  });
  return sent;
}

/** A list without what an earlier attempt uploaded and what is postponed; the list itself where nothing is. */
async function remaining(
  { place: { files }, remoteNow, precisionNs }: UploadCall,
  list: string,
  postponed: readonly string[],
): Promise<{ path: string; there: Removal }> {
  const there: Removal = { files: 0, bytes: 0 };
  if (list === files.touched || (remoteNow === undefined && postponed.length === 0))
    return { path: list, there };
  const source = new Ascending<ListedFile>(listedFiles(files.source));
  const remote = new Ascending<ListedFile>(listedFiles(remoteNow ?? files.remote));
  const path = join(files.folder, `rest-${basename(list)}`);
  const rest = async function* (): AsyncGenerator<string> {
    for await (const name of namesIn(list)) {
      const [wanted, found] = [await source.find(name), await remote.find(name)];
      if (liesBelow(postponed, name)) continue;
      if (remoteNow === undefined || !wanted || !found || !isSame(wanted, found, precisionNs)) {
        yield `${name}\n`;
        continue;
      }
      there.files += 1;
      there.bytes += wanted.size;
    }
  };
  await pipeline(Readable.from(rest()), createWriteStream(path, { encoding: 'latin1', mode: 0o600 }));
  return { path, there };
}

/**
 * Repositories of which an index that the plan has is gone from the source: somebody pruned, and the packs that the
 * index names may not have come along. A prune removes indexes before packs, so that as long as all are there, all packs
 * are.
 */
async function pruned(place: MirrorPlace, postponed: readonly string[]): Promise<string[]> {
  const found = new Set(postponed);
  for await (const batch of batchesOf(namesIn(place.files.frozen), INDEXES_A_LOOK)) {
    const names = batch.filter((name) => !liesBelow([...found], name));
    if (names.length === 0) continue;
    const present = await presentInSource(place, names);
    for (const name of names) if (!present.has(name)) found.add(dirname(dirname(name)));
  }
  return [...found];
}

const isSame = (some: ListedFile, other: ListedFile, precisionNs: number | undefined): boolean =>
  some.size === other.size && sameTime(some.mtime, other.mtime, precisionNs);

const sum = (some: Removal, more: Removal): Removal => ({
  files: some.files + more.files,
  bytes: some.bytes + more.bytes,
});
