import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { filterArguments, patternOf } from '../../domain/mirror-filter.js';
import { SENTINEL_NAME } from '../../domain/sentinel.js';
import type { MirrorFiles } from './files.js';
import { FORMAT, type ListedFile, isNoLink } from './listing.js';
import { bytesOf, listedFiles } from './lists.js';
import type { RcloneRemote } from '../rclone-remote.js';
import { runRclone } from '../rclone.js';

/** A mirror at work: where it goes, the tree it comes from, and its plan. */
export interface MirrorPlace {
  remote: RcloneRemote;
  /** Root of the volume, in which rclone stands. */
  root: string;
  files: MirrorFiles;
  /** rclone's patterns for what is left out. */
  filter: readonly string[];
  /** Files that the remote had when the plan was made. */
  total: number;
  signal: AbortSignal;
}

/** B2 answers, and bills, a listing in portions of so many names. */
const NAMES_A_CALL = 1000;

/**
 * How rclone finds these names in the remote at the least cost: by listing everything in portions, or folder by folder.
 * Both read exactly what is there.
 */
export async function listingOption(
  names: AsyncIterable<string> | Iterable<string>,
  total: number,
): Promise<string[]> {
  const folders = new Set<string>(['']);
  for await (const name of names) {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      folders.add(name.slice(0, end));
    }
    if (folders.size >= total / NAMES_A_CALL) return ['--fast-list'];
  }
  return [];
}

/** Writes a list of names beside the plan, for rclone's `--files-from-raw`, and returns where. */
export async function writeNames(
  { files }: Pick<MirrorPlace, 'files'>,
  file: string,
  names: readonly string[],
): Promise<string> {
  const path = join(files.folder, file);
  await writeFile(path, names.map((name) => `${name}\n`).join(''), { encoding: 'latin1', mode: 0o600 });
  return path;
}

/**
 * Which of these names are files or links in the source at this moment, whatever the filter says. The same look must see
 * the volume's sentinel: in an empty mountpoint every name would be missing. No name passes through a link: rclone walks
 * folder by folder. Fails with `VolumeUnavailable`, and with `PermissionDenied` when it cannot look everywhere.
 */
export async function presentInSource(
  place: MirrorPlace,
  names: readonly string[],
): Promise<Map<string, ListedFile>> {
  const asked = await writeNames(place, 'look.txt', [SENTINEL_NAME, ...names]);
  return look(place, ['--files-from-raw', asked]);
}

/** Names that fit into one command line with all their escapes. */
const NAMES_A_FILTER = 100;

/**
 * Which of these names the mirror should have: files or links of the source that the plan's filter does not leave out.
 * Sees the sentinel, and fails, as `presentInSource` does.
 */
export async function wantedFromSource(
  place: MirrorPlace,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const present = [...(await presentInSource(place, names)).keys()];
  const wanted = new Set<string>();
  // rclone takes a list of names or a filter, not both; the first rule that matches decides.
  for (let at = 0; at < present.length; at += NAMES_A_FILTER) {
    const some = present.slice(at, at + NAMES_A_FILTER).map((name) => Buffer.from(name, 'latin1').toString());
    const found = await look(place, [
      `--filter=+ /${SENTINEL_NAME}`,
      ...filterArguments(place.filter),
      ...some.map((name) => `--filter=+ ${patternOf(name)}`),
      '--filter=- **',
    ]);
    for (const name of found.keys()) wanted.add(name);
  }
  return wanted;
}

async function look(place: MirrorPlace, which: readonly string[]): Promise<Map<string, ListedFile>> {
  const answer = join(place.files.folder, 'look.tsv');
  const problems: string[] = [];
  await runRclone(place.remote, {
    args: ['lsf', '.', '-R', '--files-only', ...which, '--format', 'stp', ...FORMAT],
    environment: { TZ: 'UTC' },
    directory: place.root,
    signal: place.signal,
    locked: false,
    stdoutFile: answer,
    onProblem: (problem) => {
      if (!isNoLink(problem)) problems.push(`${problem.object ?? place.root}: ${problem.message}`);
    },
  });
  const [problem] = problems;
  if (problem !== undefined)
    throw new FtsError('PermissionDenied', `cannot look into the volume: ${problem}`);
  const found = new Map<string, ListedFile>();
  for await (const file of listedFiles(answer)) found.set(file.name, file);
  if (found.delete(bytesOf(SENTINEL_NAME))) return found;
  throw new FtsError('VolumeUnavailable', `the volume at ${place.root} lost its sentinel ${SENTINEL_NAME}`);
}
