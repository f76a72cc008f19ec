import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile } from 'node:fs/promises';
import { isErrno } from './state.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * The path of an entry of an open folder, by its handle: nobody can lead it elsewhere by changing names above it. Linux.
 * `process` is this one unless another is to use the path.
 */
export const entryPath = (folder: FileHandle, name: Buffer, process = 'self'): Buffer =>
  Buffer.concat([Buffer.from(`/proc/${process}/fd/${String(folder.fd)}/`), name]);

/** What is there, without following a link; undefined if nothing is. */
export async function lookAt(folder: FileHandle, name: Buffer) {
  try {
    return await lstat(entryPath(folder, name), { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
export type Entry = NonNullable<Awaited<ReturnType<typeof lookAt>>>;

/** Opens a folder in an open folder; a link fails with ELOOP or ENOTDIR, as a file does. */
export const openEntry = (folder: FileHandle, name: Buffer): Promise<FileHandle> =>
  open(entryPath(folder, name), FOLDER);

/** Works on an open folder and closes it. */
export async function within<T>(
  opening: Promise<FileHandle>,
  work: (folder: FileHandle) => Promise<T>,
): Promise<T> {
  const folder = await opening;
  try {
    return await work(folder);
  } finally {
    await folder.close();
  }
}

/** The mount that an open folder lies in, by the kernel's number for it. */
export async function mountIdOf(folder: FileHandle): Promise<string> {
  const facts = await readFile(`/proc/self/fdinfo/${String(folder.fd)}`, 'latin1');
  const [, id] = /^mnt_id:\s*(\d+)$/m.exec(facts) ?? [];
  if (id === undefined) throw new Error('the kernel does not tell the mount of a folder');
  return id;
}
