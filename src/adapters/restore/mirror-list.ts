import { isUtf8 } from 'node:buffer';
import { rm } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { LINK, filterArguments, mirrorFilter, patternOf } from '../../domain/mirror-filter.js';
import { pathOfRcloneName, rcloneName } from '../../domain/rclone-names.js';
import type { RequestPath } from '../../domain/request-path.js';
import { listPlace } from '../mirror/listing.js';
import { listedFiles } from '../mirror/lists.js';
import { textOf } from '../mirror/source.js';
import type { RestoreItem } from './contents.js';
import { type LeftOut, leaveOutUnavailable } from './mirror-left-out.js';
import { type FoundMirror, versionOptions } from './mirror-source.js';
import { MirrorTally } from './mirror-tally.js';
import type { RestoreSetting } from './setting.js';
import type { TreeEntry } from './tally.js';

/** What the product and the filesystem keep at a volume's root, as rclone's patterns. */
const NEVER_RESTORED = filterArguments(mirrorFilter({ exclude: [], excludePatterns: [], repositories: [] }));

/** Everything: with a filter, rclone says of a file that it is no folder. */
const EVERYTHING = ['--filter=+ **'];

/** The folder of a thing's files in the remote, as rclone names it; empty for the volume's root. */
export const placeOf = ({ path, kind }: Pick<RestoreItem, 'path' | 'kind'>): string =>
  kind === 'folder' ? rcloneName(path.toString()) : parentOf(rcloneName(path.toString()));

export const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

/** A place below a remote's root. */
export const below = (root: string, place: string): string =>
  place === '' ? root : `${root.replace(/\/$/, '')}/${place}`;

/**
 * Lists in `file` what a mirror holds of a path that was asked for, with names as they are in `placeOf` it. Undefined if
 * nothing is there. Fails as `listPlace` does.
 */
export async function listItem(
  setting: RestoreSetting,
  mirror: FoundMirror,
  request: RequestPath,
  file: string,
  onEntry: ((entry: TreeEntry) => void) | undefined,
): Promise<ListedItem | undefined> {
  const printed = request.printed && Buffer.from(request.printed);
  const paths = [Buffer.from(request.path), ...(printed && isUtf8(printed) ? [printed] : [])];
  for (const path of paths) {
    for (const kind of path.length === 0 ? (['folder'] as const) : (['folder', 'file'] as const)) {
      const isThere = await list(setting, mirror, { path, kind }, file);
      if (!isThere) continue;
      const leftOut = await leaveOutUnavailable(file, { isPast: mirror.versionAt !== undefined });
      const expected = await tallyOf(setting, { path, kind }, file, onEntry);
      if (expected.entries > 0) return { item: { path, kind, expected }, leftOut };
    }
  }
  await rm(file, { force: true });
  return undefined;
}

export interface ListedItem {
  item: RestoreItem;
  leftOut: LeftOut;
}

type Asked = Pick<RestoreItem, 'path' | 'kind'>;

async function list(
  { signal, tell }: RestoreSetting,
  { remote, versionAt }: FoundMirror,
  asked: Asked,
  file: string,
): Promise<boolean> {
  const name = rcloneName(asked.path.toString());
  const pattern = patternOf(name.slice(name.lastIndexOf('/') + 1));
  const which =
    asked.kind === 'file'
      ? ['--max-depth', '1', `--filter=+ ${pattern}`, `--filter=+ ${pattern}${LINK}`, '--filter=- *']
      : ['--fast-list', ...(name === '' ? NEVER_RESTORED : EVERYTHING)];
  try {
    await listPlace(remote, {
      ...{ file, signal, place: below(remote.root, placeOf(asked)) },
      args: [...versionOptions(versionAt), ...which],
      onListed: (files) => {
        tell({ phase: 'look', files });
      },
    });
    return true;
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    if (
      error.type === 'PathMissing' ||
      /can't limit to single files when using filters|not a directory/.test(error.message)
    )
      return false;
    throw error;
  }
}

async function tallyOf(
  { signal }: RestoreSetting,
  asked: Asked,
  file: string,
  onEntry: ((entry: TreeEntry) => void) | undefined,
) {
  const tally = new MirrorTally();
  for await (const { name, size, mtime } of listedFiles(file)) {
    signal.throwIfAborted();
    const path = pathInVolume(placeOf(asked), name);
    tally.addListed(path.toString('latin1'), size);
    onEntry?.(entryOf(path, size, mtime));
  }
  return tally.result();
}

/** Where in the volume a listed file belongs; a link's path keeps rclone's ending. `name` is bytes as latin1 text. */
function pathInVolume(place: string, name: string): Buffer {
  const whole = textOf(name);
  return Buffer.from(pathOfRcloneName(place === '' ? whole : `${place}/${whole}`));
}

function entryOf(path: Buffer, size: number, mtime: string): TreeEntry {
  const text = path.toString();
  const isLink = text.endsWith(LINK);
  return {
    kind: isLink ? 'symlink' : 'file',
    path: isLink ? text.slice(0, -LINK.length) : text,
    ...{ size: isLink ? 0 : size, mode: 0, uid: 0, gid: 0, inode: undefined },
    modifiedNs: BigInt(Date.parse(mtime)) * 1_000_000n,
  };
}
