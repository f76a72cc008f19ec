import { type BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { nanoseconds } from '../../domain/nanoseconds.js';
import type { Chosen } from './selection.js';
import { isErrno } from '../state.js';
import { safePath } from '../volume/path.js';

/** The path of the live file, if it is still the one that was saved, by its size and times: ctime cannot be set back. */
export async function unchangedLive(root: string, file: Chosen): Promise<string | undefined> {
  try {
    const path = await safePath(root, file.within, { mustExist: true });
    return isUnchanged(await lstat(path, { bigint: true }), file) ? path : undefined;
  } catch (error) {
    if (error instanceof FtsError || isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw error;
  }
}

const isUnchanged = (stats: BigIntStats, { size, mtime, ctime }: Chosen): boolean =>
  stats.isFile() &&
  stats.size === BigInt(size) &&
  stats.mtimeNs === nanoseconds(mtime) &&
  stats.ctimeNs === nanoseconds(ctime);
