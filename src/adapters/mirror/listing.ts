import { rename, rm, writeFile } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { filterArguments } from '../../domain/mirror-filter.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { crashPoint } from '../crash-point.js';
import { collectorSettings } from '../go-collector.js';
import { runRclone } from '../rclone.js';
import { type RcloneProblem, meaningOfRclone } from '../rclone-failure.js';
import { type RcloneRemote, linksAsFiles } from '../rclone-remote.js';
import { sortFailure } from '../sorted-lines.js';
import { type ToolExit, runTool } from '../tool.js';

/** One file of a listing. */
export interface ListedFile {
  /** Bytes. */
  size: number;
  /** RFC 3339 UTC with nanoseconds. */
  mtime: string;
  /** As rclone writes it; its bytes as latin1 text, whose order is that of the bytes. */
  name: string;
  /** Hex; empty where it is not known. */
  sha1: string;
}

export interface ListingOptions {
  /** Where the listing goes; beside it lies, meanwhile, as much again. */
  file: string;
  signal?: AbortSignal;
  onListed?: (entries: number) => void;
}

/** A line of rclone's listing begins with size, time and name. */
export const FORMAT = ['--separator', '\t', '--time-format', '2006-01-02T15:04:05.000000000Z07:00'] as const;

/** rclone's exit code when nothing but folders that may not be entered is missing from a listing. */
const FOLDERS_LEFT_OUT = 6;

/** Where the manifest of the metadata lies in a remote. */
export const MANIFEST = `${OWN_FOLDER}/mirror-metadata.jsonl.gz`;

/** Where a remote says whose mirror it is. */
export const OWNER = `${OWN_FOLDER}/mirror-owner.json`;

/** sort(1) keeps this much in memory. */
const SORT_BUFFER = '32M';

/** rclone keeps little of a listing and throws much away: at 20,000 names this took a quarter to a third of its processor time, for 25 MB more. */
const GROWTH_PERCENT = 400;
const MEMORY_SHARE = 1 / 8;

/** Backends that know the SHA-1 of a file without reading it. */
const KNOWS_SHA1: ReadonlySet<string> = new Set(['b2']);

/**
 * Lists the volume, sorted by the bytes of the names. Folders that may not be entered are told and left out; the rest
 * of the listing is whole. Anything else that cannot be listed makes it fail: `SourceChanged`, `VolumeUnavailable`,
 * `PermissionDenied` for the root itself, `ToolFailed`.
 */
export async function listSource(
  { rclone }: Pick<RcloneRemote, 'rclone'>,
  { root, filter, ...options }: ListingOptions & { root: string; filter: readonly string[] },
): Promise<{ unreadable: RcloneProblem[] }> {
  const source: RcloneRemote = {
    ...{ name: 'source', type: 'local', rclone, root: '.', lock: '' },
    environment: { RCLONE_CONFIG: '/dev/null' },
  };
  const problems: RcloneProblem[] = [];
  const asked = { ...options, directory: root };
  const exit = await list(source, ['--format', 'stp', ...filterArguments(filter)], problems, asked).catch(
    (error: unknown) => {
      throw sourceFailure(root, error, problems);
    },
  );
  if (!problems.every(isOfOneFolder) || (problems.length > 0 && exit.exitCode !== FOLDERS_LEFT_OUT)) {
    throw sourceFailure(root, new FtsError('ToolFailed', exit.stderr.slice(-300)), problems);
  }
  await sortByName(options);
  return { unreadable: problems };
}

/**
 * Lists the remote as a whole; of what this product keeps there for itself, the manifest of the metadata and the owner's
 * mark only. A listing that is not whole fails as `runRclone` does. `missing`: the folder is not there, and the listing is empty.
 */
export async function listRemote(
  remote: RcloneRemote,
  options: ListingOptions,
): Promise<{ missing: boolean }> {
  const format = KNOWS_SHA1.has(remote.type) ? ['--format', 'stph', '--hash', 'SHA1'] : ['--format', 'stp'];
  const problems: RcloneProblem[] = [];
  try {
    const own = [MANIFEST, OWNER].map((name) => `--filter=+ /${name}`);
    const which = [...own, `--filter=- /${OWN_FOLDER}/**`];
    await list(remote, [...format, '--fast-list', ...which], problems, options);
  } catch (error) {
    if (!(error instanceof FtsError && error.type === 'PathMissing')) throw error;
    await writeFile(options.file, '', { mode: 0o600 });
    return { missing: true };
  }
  const [broken] = problems;
  if (broken) {
    throw new FtsError(
      meaningOfRclone(broken.message) ?? 'ToolFailed',
      `remote ${remote.name}: ${told(broken)}`,
    );
  }
  await sortByName(options);
  return { missing: false };
}

/** A place that is listed with rclone's own options: links are told as the files that hold them. */
export interface PlaceListing extends ListingOptions {
  /** As rclone names it. */
  place: string;
  args: readonly string[];
  /** Where rclone stands. */
  directory?: string;
}

/**
 * Lists a place with the SHA-1 of each file, where that is known or can be read, sorted by the bytes of the names. Names
 * that no file of a disk can have are among them (`isNameOnDisk`).
 */
export async function listPlace(remote: RcloneRemote, { args, ...options }: PlaceListing): Promise<void> {
  const knows = KNOWS_SHA1.has(remote.type) || options.directory !== undefined;
  const format = knows ? ['--format', 'stph', '--hash', 'SHA1'] : ['--format', 'stp'];
  const problems: RcloneProblem[] = [];
  await list(remote, [...format, ...args], problems, { ...options, looks: true });
  const [broken] = problems;
  if (broken) {
    const type = meaningOfRclone(broken.message) ?? 'ToolFailed';
    throw new FtsError(type, `remote ${remote.name}: ${told(broken)}`);
  }
  await sortByName(options);
}

interface ListCall extends ListingOptions {
  directory?: string;
  place?: string;
  /** Without the remote's lock, and with links as files. */
  looks?: boolean;
}

function list(
  remote: RcloneRemote,
  args: readonly string[],
  problems: RcloneProblem[],
  { file, directory, signal, onListed, place = remote.root, looks = false }: ListCall,
): Promise<ToolExit> {
  return runRclone(remote, {
    args: ['lsf', '--recursive', '--files-only', ...FORMAT, ...args, place],
    environment: {
      TZ: 'UTC',
      ...collectorSettings(GROWTH_PERCENT, MEMORY_SHARE),
      ...(looks && linksAsFiles(remote)),
    },
    stdoutFile: unsorted(file),
    locked: directory === undefined && !looks,
    links: !looks,
    ...(directory !== undefined && { directory }),
    ...(signal && { signal }),
    ...(onListed && { onListed }),
    onProblem: (problem) => {
      if (!isNoLink(problem)) problems.push(problem);
    },
  });
}

const unsorted = (file: string): string => `${file}.unsorted`;

/** By the bytes of the third field, in bounded memory. */
async function sortByName({ file: to, signal }: ListingOptions): Promise<void> {
  const from = unsorted(to);
  await writeFile(`${to}.sorted`, '', { mode: 0o600 }); // sort itself would let others read it
  const { exitCode, stderr } = await runTool({
    file: 'sort',
    args: ['-t', '\t', '-k', '3,3', '-S', SORT_BUFFER, '-T', parent(to), '-o', `${to}.sorted`, '--', from],
    environment: { LC_ALL: 'C' },
    ...(signal && { signal }),
  });
  if (exitCode !== 0) throw sortFailure(`sort of ${from}: ${stderr.trim().slice(0, 300)}`);
  crashPoint('listing-sorted');
  await rename(`${to}.sorted`, to);
  crashPoint('listing-replaced');
  await rm(from);
}

const parent = (file: string): string => file.slice(0, file.lastIndexOf('/')) || '/';

/** One line of a listing. */
export function listedFile(line: string): ListedFile {
  const time = line.indexOf('\t') + 1;
  const name = line.indexOf('\t', time) + 1;
  const end = line.indexOf('\t', name);
  const [nameEnd, sha1] = end < 0 ? [line.length, ''] : [end, line.slice(end + 1)];
  return {
    size: Number(line.slice(0, time - 1)),
    mtime: line.slice(time, name - 1),
    name: line.slice(name, nameEnd),
    sha1,
  };
}

/**
 * rclone lists a file whose name ends like a stored link's before it finds that it is none. The plan looks for itself.
 */
export const isNoLink = ({ message }: RcloneProblem): boolean =>
  message.startsWith('Failed to read link size');

/** After these rclone goes on with the other folders (its `local` backend); after any other it stops listing. */
const isOfOneFolder = ({ object, message }: RcloneProblem): boolean =>
  object !== undefined &&
  object !== '' &&
  /^failed to (open directory|get info about directory entry) .*(permission denied|operation not permitted)$/s.test(
    message,
  );

/** What rclone's failure means for a folder of this machine. */
function sourceFailure(root: string, error: unknown, problems: readonly RcloneProblem[]): unknown {
  if (!(error instanceof FtsError) || error.type === 'Busy' || error.type === 'ToolMissing') return error;
  const worst = problems.find((problem) => !isOfOneFolder(problem));
  const said = worst?.message ?? error.message;
  const message = `${root} cannot be listed: ${worst ? told(worst) : error.message}`;
  if (/no such file or directory|not a directory|directory not found/.test(said)) {
    return new FtsError('SourceChanged', message);
  }
  const meaning = meaningOfRclone(said);
  const type = meaning === 'VolumeUnavailable' || meaning === 'PermissionDenied' ? meaning : 'ToolFailed';
  return new FtsError(type, message);
}

/** A problem in words. */
export const told = ({ object, message }: RcloneProblem): string =>
  object === undefined || object === '' ? message : `${object}: ${message}`;
