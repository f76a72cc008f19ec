import { randomUUID } from 'node:crypto';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../domain/usage-error.js';
import { crashPoint } from './crash-point.js';
import { errnoOf, isErrno } from './state.js';

/**
 * Writes a file that only its owner can read, whole or not at all. Throws `UsageError` where something has its name, unless it is
 * to be replaced, and where it cannot be written. Dying on the way leaves a `.tmp` beside it, with or without the whole file.
 */
export async function writePrivateFile(
  file: string,
  content: Uint8Array,
  { replace }: { replace: boolean },
): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    crashPoint('kit-drafted');
    await (replace ? rename(draft, file) : publish(draft, file));
    crashPoint('kit-placed');
    await syncFolder(dirname(file));
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw taken(file);
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EROFS', 'ENOSPC'))
      throw new UsageError(`${file} cannot be written (${String(error.code)})`);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Gives the draft its name, over nothing. A USB stick's FAT has no links: there, a look before the rename must do. */
async function publish(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
    await requireFree(file);
    await rename(draft, file);
  }
}

/** Throws `UsageError` where something has the name. */
export async function requireFree(file: string): Promise<void> {
  try {
    await lstat(file);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw new UsageError(`${file} cannot be written (${errnoOf(error) ?? 'it failed'})`);
  }
  throw taken(file);
}

/** Throws `UsageError` where something has the name that is neither a file nor a link: a device, say, or a folder. */
export async function requireReplaceable(file: string): Promise<void> {
  const there = await lstat(file).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw new UsageError(`${file} cannot be written (${errnoOf(error) ?? 'it failed'})`);
  });
  if (there && !there.isFile() && !there.isSymbolicLink())
    throw new UsageError(`${file} is no file, and is not replaced by one`, { hint: 'name another file' });
}

const taken = (file: string): UsageError =>
  new UsageError(`${file} is there already, and nothing was written`, {
    hint: 'name another file, or give --force to replace it',
  });

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch((error: unknown) => {
      if (!isErrno(error, 'EINVAL')) throw error; // some filesystems cannot
    });
  } finally {
    await handle.close();
  }
}
