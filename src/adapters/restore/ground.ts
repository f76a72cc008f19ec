import { constants } from 'node:fs';
import { type FileHandle, open, readdir, statfs } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { isProtectedName } from '../../domain/purge.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { formatSize } from '../../domain/units.js';
import { volumeRoot } from '../../estate/lookup.js';
import { entryPath, within } from '../folder-entry.js';
import { openAbsolute, openBelow } from '../folder-below.js';
import type { RestoreSetting, RestoreVolume } from './setting.js';

/** Where a restore may write: a volume, or a folder of `restoreRoots`. Staging lies there too, for all of it is renamed. */
export interface Ground {
  volume: string | undefined;
  /** Absolute. */
  root: string;
}

/** Fails with `VolumeUnavailable` for a volume that is not what it was, with `PathUnsafe` and `PathMissing` for a folder. */
export async function requireGround(setting: RestoreSetting, ground: Ground): Promise<RestoreVolume> {
  if (ground.volume !== undefined) return setting.requireVolume(ground.volume);
  await within(openAbsolute(ground.root), () => Promise.resolve());
  const { bavail, blocks, bsize } = await statfs(ground.root);
  return { mountpoint: ground.root, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Works on the open root of a ground. The guard answers for a volume's, whatever leads to it. */
export const onGround = <T>({ root, volume }: Ground, work: (root: FileHandle) => Promise<T>): Promise<T> =>
  within(
    volume === undefined
      ? openAbsolute(root)
      : open(root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW),
    work,
  );

export const volumeGround = ({ loaded }: RestoreSetting, volume: string): Ground => ({
  volume,
  root: volumeRoot(loaded, volume),
});

/** Fails with `DestinationFull` if that many bytes do not fit beside what is kept back. */
export async function requireRoom(setting: RestoreSetting, ground: Ground, bytes: number): Promise<void> {
  const space = await requireGround(setting, ground);
  const { freeBytes, mountpoint } = space;
  if (freeBytes === undefined) return;
  const room = Math.max(0, freeBytes - setting.reserveOf(space));
  if (bytes <= room) return;
  throw new FtsError(
    'DestinationFull',
    `${formatSize(bytes)} are to be restored, and ${mountpoint} has room for ${formatSize(room)}`,
    'make room, or restore less or elsewhere (--target)',
  );
}

/** Folder of a restore on its ground: all that it makes before it publishes. */
const STAGING = [OWN_FOLDER, 'restores'];

/** Folder of what a restore replaced. */
const KEPT = [OWN_FOLDER, 'replaced'];

export const stagingPath = ({ root }: Ground, id: string): string => [root, ...STAGING, id].join('/');
export const keptPath = ({ root }: Ground, id: string): string => [root, ...KEPT, id].join('/');

type Own = 'staging' | 'kept';
const ownNames = (own: Own, id: string): Buffer[] =>
  [...(own === 'staging' ? STAGING : KEPT), id].map((name) => Buffer.from(name));

/** Works in a restore's own folder, made where it is missing, for its owner only. */
export const inOwnFolder = <T>(
  root: FileHandle,
  ground: Ground,
  { own, id }: { own: Own; id: string },
  work: (folder: FileHandle) => Promise<T>,
): Promise<T> => within(openBelow(root, ownNames(own, id), ground.root, { make: true, mode: 0o700 }), work);

/** Whether a folder that is to be filled is not there, or is empty. Fails with `DestinationExists`, `PathUnsafe`. */
export async function stateOfFolder(
  root: FileHandle,
  ground: Ground,
  names: readonly Buffer[],
): Promise<'missing' | 'empty'> {
  try {
    return await within(openBelow(root, names, ground.root), async (folder): Promise<'empty'> => {
      const there = await readdir(entryPath(folder, Buffer.from('.')), { encoding: 'buffer' });
      const own = names.length === 0 ? there.filter((name) => !isProtectedName(name.toString())) : there;
      if (own.length === 0) return 'empty';
      const path = [ground.root, ...names].join('/');
      const hint = 'name a folder that does not exist or is empty, or restore with --in-place';
      throw new FtsError('DestinationExists', `${path} is not empty, and nothing is merged`, hint);
    });
  } catch (error) {
    if (error instanceof FtsError && error.type === 'PathMissing') return 'missing';
    throw error;
  }
}
