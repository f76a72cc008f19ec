import type { FileHandle } from 'node:fs/promises';
import { type Place, pathOf } from './rename.js';
import { type ProjectScan, type ScanOptions, scanProject } from './scan.js';
import { openFolder } from './tool.js';

/** Works on an open folder and closes it. */
export async function inFolder<T>(
  path: Buffer | string,
  work: (folder: FileHandle) => Promise<T>,
): Promise<T> {
  const folder = await openFolder(path);
  try {
    return await work(folder);
  } finally {
    await folder.close();
  }
}

/** Scans the folder at a place. */
export const scanPlace = (place: Place, options?: ScanOptions): Promise<ProjectScan> =>
  inFolder(pathOf(place), (folder) => scanProject(folder, options));
