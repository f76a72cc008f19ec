import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import { entryPath, mountIdOf, openEntry } from './folder-entry.js';
import { isErrno } from './state.js';

export interface BelowOptions {
  /** Makes what is missing, readable by all unless said otherwise. */
  make?: boolean;
  mode?: number;
}

/**
 * Opens a folder below another, name by name, each through the handle of the one before: fails with `PathUnsafe` if
 * one is a link or no folder, or lies in another mount, and with `PathMissing`. `shown` is the folder's path for people.
 */
export async function openBelow(
  root: FileHandle,
  names: readonly (Buffer | string)[],
  shown: string,
  { make = false, mode = 0o755 }: BelowOptions = {},
): Promise<FileHandle> {
  const mount = await mountIdOf(root);
  let folder = await open(entryPath(root, Buffer.from('.')), constants.O_RDONLY | constants.O_DIRECTORY);
  let path = shown;
  for (const name of names.map((one) => (typeof one === 'string' ? Buffer.from(one) : one))) {
    path = `${path}/${printableName(name).path}`;
    const next = await openNext(folder, name, path, { make, mode }).finally(() => folder.close());
    folder = next;
    if ((await mountIdOf(folder)) === mount) continue;
    await folder.close();
    throw new FtsError(
      'PathUnsafe',
      `${path} cannot be used: something is mounted there`,
      'what is mounted has to be declared itself: as a volume, or in `restoreRoots` of its host',
    );
  }
  return folder;
}

async function openNext(
  folder: FileHandle,
  name: Buffer,
  path: string,
  { make, mode }: Required<BelowOptions>,
): Promise<FileHandle> {
  try {
    if (make)
      await mkdir(entryPath(folder, name), { mode }).catch((error: unknown) => {
        if (!isErrno(error, 'EEXIST')) throw error;
      });
    return await openEntry(folder, name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new FtsError('PathMissing', `${path} does not exist`);
    if (isErrno(error, 'ELOOP', 'ENOTDIR'))
      throw new FtsError(
        'PathUnsafe',
        `${path} cannot be used: it is a link or no folder`,
        'put the real folder there',
      );
    throw error;
  }
}

/** Opens an absolute path name by name; its mounts are what they are. Fails as `openBelow` does. */
export async function openAbsolute(path: string): Promise<FileHandle> {
  let folder = await open('/', constants.O_RDONLY | constants.O_DIRECTORY);
  let shown = '';
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    shown = `${shown}/${name}`;
    const next = await openNext(folder, Buffer.from(name), shown, { make: false, mode: 0 }).finally(() =>
      folder.close(),
    );
    folder = next;
  }
  return folder;
}
