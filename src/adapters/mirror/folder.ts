import { FtsError } from '../../domain/failures.js';
import { LINK, filterArguments, mirrorFilter, patternOf } from '../../domain/mirror-filter.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { FORMAT } from './listing.js';
import { type RcloneProblem, meaningOfRclone } from '../rclone-failure.js';
import { type RcloneRemote, linksAsFiles } from '../rclone-remote.js';
import { runRclone } from '../rclone.js';
import { below } from '../restore/mirror-list.js';
import { keepsVersions, versionOptions } from '../restore/mirror-source.js';

/** An entry of a mirror. */
export interface MirrorEntry {
  /** Relative to the mirror's root, as it is on a Linux filesystem; a stored link's without rclone's ending. */
  path: string;
  type: 'dir' | 'file' | 'symlink';
  /** Bytes; of what a folder holds nothing is told. */
  size?: number;
  /** RFC 3339 UTC. */
  mtime?: string;
  /** Hex, where the remote knows it. */
  sha1?: string;
}

export interface FolderAsked {
  /** As rclone names it; empty for the mirror's root. */
  folder: string;
  /** The one entry of it that is meant, as rclone names it. */
  only?: string;
  /** What was there then; undefined for what is there now. */
  versionAt: string | undefined;
  recursive: boolean;
  signal?: AbortSignal;
}

/** What the product and the filesystem keep at a volume's root. */
const OURS = filterArguments(mirrorFilter({ exclude: [], excludePatterns: [], repositories: [] }));

/** With a filter, rclone says of a file that it is no folder. */
const EVERYTHING = ['--filter=+ **'];

/**
 * Tells what is in a folder of a mirror; false if there is no such folder. A folder of the past is listed with all below it, as B2
 * also tells those in which nothing was left by then. Memory grows with the number of folders in it. Fails as `runRclone` does.
 */
export async function lookIntoMirror(
  remote: RcloneRemote,
  asked: FolderAsked,
  onEntry: (entry: MirrorEntry) => void,
): Promise<boolean> {
  const folders = new Set<string>();
  const tellFolder = (name: string): void => {
    if (folders.has(name)) return;
    folders.add(name);
    onEntry({ path: pathOfRcloneName(name), type: 'dir' });
  };
  const before = asked.folder === '' ? '' : `${asked.folder}/`;
  let entries = 0;
  const isThere = await list(remote, asked, (line) => {
    const [size = '', mtime = '', name = '', sha1 = ''] = line.split('\t');
    if (keepsVersions(remote) && asked.versionAt !== undefined && size === '0' && sha1 === '') return; // never finished
    entries += 1;
    const names = name.split('/');
    const isFolder = names.at(-1) === '';
    const above = names.slice(0, -1);
    if (asked.recursive)
      for (let depth = 1; depth <= above.length; depth += 1)
        tellFolder(before + above.slice(0, depth).join('/'));
    else if (above[0] !== undefined) {
      tellFolder(before + above[0]);
      return;
    }
    if (!isFolder) onEntry(fileOf(before + name, { size: Number(size), mtime, sha1 }));
  });
  return isThere && (entries > 0 || (!keepsVersions(remote) && asked.only === undefined));
}

function fileOf(
  name: string,
  { size, mtime, sha1 }: { size: number; mtime: string; sha1: string },
): MirrorEntry {
  const isLink = name.endsWith(LINK);
  return {
    path: pathOfRcloneName(isLink ? name.slice(0, -LINK.length) : name),
    type: isLink ? 'symlink' : 'file',
    ...(!isLink && { size }),
    mtime,
    ...(sha1 !== '' && { sha1 }),
  };
}

async function list(
  remote: RcloneRemote,
  { folder, only, versionAt, recursive, signal }: FolderAsked,
  onLine: (line: string) => void,
): Promise<boolean> {
  const hashes = remote.type === 'b2' ? ['--format', 'stph', '--hash', 'SHA1'] : ['--format', 'stp'];
  const isDeep = only === undefined && (recursive || versionAt !== undefined);
  const problems: RcloneProblem[] = [];
  try {
    await runRclone(remote, {
      args: [
        ...['lsf', ...(isDeep ? ['--recursive', '--fast-list'] : ['--max-depth', '1'])],
        ...(isDeep && keepsVersions(remote) ? ['--files-only'] : []),
        ...[...FORMAT, ...hashes, ...versionOptions(versionAt)],
        ...(only === undefined ? (folder === '' ? OURS : EVERYTHING) : justThat(only)),
        below(remote.root, folder),
      ],
      environment: { TZ: 'UTC', ...linksAsFiles(remote) },
      ...{ locked: false, links: false, ...(signal && { signal }) },
      onStdout: onLine,
      onProblem: (problem) => problems.push(problem),
    });
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    if (error.type === 'PathMissing' || IS_FILE.test(error.message)) return false;
    throw error;
  }
  const [broken] = problems;
  if (broken === undefined) return true;
  const type = meaningOfRclone(broken.message) ?? 'ToolFailed';
  throw new FtsError(type, `remote ${remote.name}: ${broken.object ?? ''} ${broken.message}`.trim());
}

/** A file, or the file that holds a link. */
function justThat(name: string): string[] {
  const pattern = patternOf(name);
  return ['--files-only', `--filter=+ ${pattern}`, `--filter=+ ${pattern}${LINK}`, '--filter=- *'];
}

/** What rclone says of a file that is asked for as a folder. */
const IS_FILE = /can't limit to single files when using filters|not a directory/;
