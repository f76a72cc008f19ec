import { type FileHandle, link, lstat, unlink } from 'node:fs/promises';
import { type Entry, entryPath, lookAt } from './folder-entry.js';
import { runProjectTool } from './project/tool.js';
import { isErrno } from './state.js';

/** An entry by its open folder and its name there. */
export interface EntryPlace {
  folder: FileHandle;
  name: Buffer;
}

const pathOf = ({ folder, name }: EntryPlace): Buffer => entryPath(folder, name);

export type OnPut = (step: 'linked' | 'put' | 'folder-put') => void | Promise<void>;

/**
 * Gives an entry another name on the same filesystem, and never replaces anything: false if the name is taken. The
 * process may die on any line: a file then has its old name, both, or the new one, and repeating it ends well.
 */
export async function putEntry(
  from: EntryPlace,
  to: EntryPlace,
  entry: Entry,
  onPut: OnPut = () => undefined,
): Promise<boolean> {
  if (entry.isDirectory()) {
    if (!(await putFolder(from, to, entry))) return false;
    await onPut('folder-put');
    return true;
  }
  try {
    await link(pathOf(from), pathOf(to));
    await onPut('linked');
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    if (!isSame(await lookAt(to.folder, to.name), entry)) return false;
  }
  await unlink(pathOf(from));
  await onPut('put');
  return true;
}

/** rename(2) replaces an empty folder; mv(1) asks the kernel not to. */
async function putFolder(from: EntryPlace, to: EntryPlace, entry: Entry): Promise<boolean> {
  const ours = String(process.pid);
  const names = [entryPath(from.folder, from.name, ours), entryPath(to.folder, to.name, ours)];
  const input = Buffer.concat(names.flatMap((name) => [name, Buffer.from('\0')]));
  try {
    await runProjectTool({ file: 'xargs', args: ['-0', '-n', '2', 'mv', '-n', '-T', '--'], input });
  } catch (error) {
    if ((await lookAt(to.folder, to.name)) === undefined) throw error;
  }
  return isSame(await lookAt(to.folder, to.name), entry);
}

/** Whether both are one thing on the disk, not merely equal. */
export const isSame = (one: Entry | undefined, other: Entry): boolean =>
  one?.ino === other.ino && one.dev === other.dev;

/** The entry as it is now; fails where it is gone. */
export const statOf = (place: EntryPlace): Promise<Entry> => lstat(pathOf(place), { bigint: true });
