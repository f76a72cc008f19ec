import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { FtsError } from '../../domain/failures.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { FORMAT } from './listing.js';
import { type RcloneProblem, meaningOfRclone } from '../rclone-failure.js';
import type { RcloneRemote } from '../rclone-remote.js';
import { runRclone } from '../rclone.js';

/** A version of a file of a mirror. */
export interface MirrorVersion {
  /** Relative to the mirror's root, as it is on a Linux filesystem; a stored link's without rclone's ending. */
  path: string;
  type: 'file' | 'symlink';
  /** Bytes. */
  size: number;
  /** RFC 3339 UTC. */
  modified: string;
  /** Deleted or overwritten since: B2 keeps it for a while. */
  hidden: boolean;
  /** When a hidden version was uploaded, RFC 3339 UTC; rclone tells it of no other. */
  uploaded?: string;
  /** Hex; empty where it is not known. */
  sha1: string;
  /** B2's own id of the version. */
  id: string;
}

/** What rclone puts before the last ending of a name that is an older version's: the time of its upload (its `lib/version`). */
const OLDER = /-v(\d{4})-(\d\d)-(\d\d)-(\d\d)(\d\d)(\d\d)-(\d{3})(?=(?:\.[^./]*)?$)/;

/** How rclone ends the name of a stored link. */
const LINK = '.rclonelink';

/** Of a large file whose upload broke off there is neither size nor hash, and nothing to be had. */
const isUnfinished = ({ size, sha1 }: Listed): boolean => size === 0 && sha1 === '';

interface Listed {
  size: number;
  modified: string;
  name: string;
  id: string;
  sha1: string;
}

export interface VersionsAsked {
  /** Folder of the mirror, as rclone names it, in which alone to look; empty for all. */
  folder: string;
  /** Which files are meant, by their path in the mirror. */
  accepts: (path: string) => boolean;
  signal?: AbortSignal;
}

/**
 * Tells every version of the files of a mirror that are meant: on B2 the hidden ones too, elsewhere what is there. A file
 * is told from a version of another by B2's own ids: their names may look the same. Memory grows with the number of
 * files that are meant, or whose names look like a version's. Fails as `runRclone` does; a folder that is not there has
 * nothing.
 */
export async function listVersions(
  remote: RcloneRemote,
  asked: VersionsAsked,
  onVersion: (version: MirrorVersion) => void,
): Promise<void> {
  const keepsVersions = remote.type === 'b2';
  const current = new Set<string>();
  await list(remote, asked, [], (file) => {
    const version = versionOf(file, file.name);
    const isMeant = asked.accepts(version.path);
    if (keepsVersions && (isMeant || OLDER.test(file.name))) current.add(file.id);
    if (isMeant) onVersion(version);
  });
  if (!keepsVersions) return;
  await list(remote, asked, ['--b2-versions'], (file) => {
    if (current.has(file.id) || isUnfinished(file)) return;
    const uploaded = uploadOf(file.name);
    const version = versionOf(file, file.name.replace(OLDER, ''));
    if (!asked.accepts(version.path)) return;
    onVersion(uploaded === undefined ? version : { ...version, hidden: true, uploaded });
  });
}

/** When the version was uploaded that rclone lists by that name, RFC 3339 UTC; undefined for a file's own name. */
function uploadOf(name: string): string | undefined {
  const [, year, month, day, hour, minute, second, fraction] = OLDER.exec(name) ?? [];
  if (year === undefined) return undefined;
  const [date, time] = [
    [year, month, day],
    [hour, minute, second],
  ];
  return `${date.join('-')}T${time.join(':')}.${fraction ?? '000'}Z`;
}

function versionOf({ size, modified, sha1, id }: Listed, name: string): MirrorVersion {
  const isLink = name.endsWith(LINK);
  return {
    path: pathOfRcloneName(isLink ? name.slice(0, -LINK.length) : name),
    type: isLink ? 'symlink' : 'file',
    ...{ size, modified, sha1, id, hidden: false },
  };
}

async function list(
  remote: RcloneRemote,
  { folder, signal }: Pick<VersionsAsked, 'folder' | 'signal'>,
  options: readonly string[],
  onFile: (file: Listed) => void,
): Promise<void> {
  const problems: RcloneProblem[] = [];
  const hashes = remote.type === 'b2' ? ['--format', 'stpih', '--hash', 'SHA1'] : ['--format', 'stpi'];
  const place = folder === '' ? remote.root : `${remote.root.replace(/\/$/, '')}/${folder}`;
  const before = folder === '' ? '' : `${folder}/`;
  try {
    await runRclone(remote, {
      args: [
        ...['lsf', '--recursive', '--files-only', '--fast-list', ...FORMAT, ...hashes, ...options],
        ...(folder === '' ? [`--filter=- /${OWN_FOLDER}/**`] : []),
        place,
      ],
      environment: { TZ: 'UTC' },
      locked: false,
      ...(signal && { signal }),
      onStdout: (line) => {
        const [size = '', modified = '', name = '', id = '', sha1 = ''] = line.split('\t');
        onFile({ size: Number(size), modified, name: before + name, id, sha1 });
      },
      onProblem: (problem) => problems.push(problem),
    });
  } catch (error) {
    if (!(error instanceof FtsError && error.type === 'PathMissing')) throw error;
    return;
  }
  const [broken] = problems;
  if (broken === undefined) return;
  const type = meaningOfRclone(broken.message) ?? 'ToolFailed';
  throw new FtsError(type, `remote ${remote.name}: ${broken.object ?? ''} ${broken.message}`.trim());
}
