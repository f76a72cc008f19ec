import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { State } from './state.js';

/**
 * Gives a check an empty folder, and takes it away afterwards. What a process that was killed left in it is removed by
 * the next check of that name.
 */
export async function withCheckFolder<T>(
  state: Pick<State, 'path' | 'emptyFolder'>,
  name: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const relative = join('checks', name);
  const folder = state.path(relative);
  await state.emptyFolder(relative);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
