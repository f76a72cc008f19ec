import { access } from 'node:fs/promises';
import { isErrno } from './state.js';

/** Whether there is something at a path that links lead to. Throws what is not an answer. */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
