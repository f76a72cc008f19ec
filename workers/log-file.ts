import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../src/adapters/state.js';

const LARGEST_BYTES = 10 * 1024 * 1024;

/** Makes a log file ready to be appended to. One that has grown beyond 10 MiB is put aside as `.1`, replacing the last such. */
export async function openableLog(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    if ((await stat(file)).size > LARGEST_BYTES) await rename(file, `${file}.1`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return file;
}
