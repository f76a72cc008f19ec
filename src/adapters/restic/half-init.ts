import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { crashPoint } from '../crash-point.js';
import type { ResticRepository } from './repository.js';
import { isErrno } from '../state.js';

/** A key, or the draft of a key or of the config (restic's local backend names drafts so). */
const LEFTOVER = /^(keys\/[^/]+|config-tmp-\d+)$/;

/** The kernel stamps files with the time of its last tick, which may be so much behind (milliseconds). */
const CLOCK_STEP_MS = 20;

/**
 * Clears away what a `restic init` that was killed left in a folder on this host: restic writes a key first and its
 * config last, and makes no repository where a key lies. Only where there is no config, where nothing but keys is
 * stored, and where all of that is not older than `since` (milliseconds since the epoch): nothing can be opened then.
 * False if that is not what is there. Safe to repeat.
 */
export async function clearHalfInit(
  { folder }: Pick<ResticRepository, 'folder'>,
  since: number,
): Promise<boolean> {
  if (folder === undefined) return false;
  const files = (await entriesBelow(folder))
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
  if (files.length === 0 || !files.every((file) => LEFTOVER.test(relative(folder, file)))) return false;
  for (const file of files) if ((await stat(file)).mtimeMs < since - CLOCK_STEP_MS) return false;
  crashPoint('half-init-judged');
  for (const file of files) await rm(file, { force: true });
  crashPoint('half-init-cleared');
  return true;
}

async function entriesBelow(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
