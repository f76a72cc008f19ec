import { lstat, mkdir } from 'node:fs/promises';
import type { FolderIdentity } from '../../domain/graduation.js';
import { openFolder, runProjectTool } from './tool.js';
import { isErrno } from '../state.js';

/** A folder, by its parent and its name there. */
export interface Place {
  /** Absolute; a path in which `safePath` found no link. */
  parent: string;
  name: Buffer;
}

export const pathOf = ({ parent, name }: Place): Buffer => Buffer.concat([Buffer.from(`${parent}/`), name]);

/** Which folder is there; undefined if there is nothing, or something that is no real folder. */
export async function folderAt(place: Place): Promise<FolderIdentity | undefined> {
  const stats = await lookAt(place);
  if (!stats?.isDirectory()) return undefined;
  const { dev, ino, birthtimeNs } = stats;
  return { device: String(dev), inode: String(ino), ...(birthtimeNs > 0n && { born: String(birthtimeNs) }) };
}

/** Whether anything at all has that name. */
export const isTaken = async (place: Place): Promise<boolean> => (await lookAt(place)) !== undefined;

/** Whether that very folder is there. By inode: a device may have another number after a restart. */
export async function isThere(place: Place, folder: FolderIdentity | undefined): Promise<boolean> {
  return folder !== undefined && (await folderAt(place))?.inode === folder.inode;
}

/** As `isThere`, and not another folder that was given the inode of one that is gone. */
export async function isStillThere(place: Place, folder: FolderIdentity | undefined): Promise<boolean> {
  const found = await folderAt(place);
  if (folder === undefined || found?.inode !== folder.inode) return false;
  return found.born === undefined || folder.born === undefined || found.born === folder.born;
}

async function lookAt(place: Place) {
  try {
    return await lstat(pathOf(place), { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENAMETOOLONG')) return undefined; // nothing can have a name that is too long
    throw error;
  }
}

/**
 * Gives a folder another name on the same filesystem, durably. Never replaces anything: rename(2) alone would replace an
 * empty folder. False if the name was taken. The process may die on any line: the folder then has its old name or its
 * new one, and is whole.
 */
export async function renameFolder(from: Place, to: Place): Promise<boolean> {
  const folder = await folderAt(from);
  if ((await deviceOf(to.parent)) !== folder?.device || (await isTaken(to))) return false;
  const input = Buffer.concat([pathOf(from), Buffer.from('\0'), pathOf(to), Buffer.from('\0')]);
  try {
    await runProjectTool({ file: 'xargs', args: ['-0', '-n', '2', 'mv', '-n', '-T', '--'], input });
  } catch (error) {
    if (!(await isTaken(to)) || (await isThere(to, folder))) throw error;
  }
  if ((await isTaken(from)) || !(await isThere(to, folder))) return false;
  await syncFolder(to.parent);
  await syncFolder(from.parent);
  return true;
}

async function deviceOf(folder: string): Promise<string> {
  return String((await lstat(folder, { bigint: true })).dev);
}

/** Makes a folder that only its owner may enter, if it is not there. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Makes the names in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await openFolder(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
