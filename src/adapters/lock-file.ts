import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { isErrno } from './state.js';

/**
 * Holds a lock where there is no flock(1). Returns its release. Fails with `Busy`.
 *
 * Whoever wants the lock lays a claim of its own beside it, named after its process, and has the lock if no other
 * living process has a claim. Two who come at once may both see the other's and both give way; never do both get it.
 * A claim whose process is gone counts for nothing and is removed: its name never comes again.
 */
export async function holdLockFile(file: string): Promise<() => Promise<void>> {
  const own = `${basename(file)}.${String(process.pid)}.${randomUUID()}`;
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, own), `${new Date().toISOString()}\n`, { flag: 'wx' });
  const release = (): Promise<void> => rm(join(folder, own), { force: true });
  try {
    for (const claim of await readdir(folder)) {
      if (!claim.startsWith(`${basename(file)}.`) || claim === own) continue;
      const pid = claim.slice(basename(file).length + 1).split('.', 1)[0] ?? '';
      if (isRunning(Number(pid)))
        throw new FtsError('Busy', `${file} is held by process ${pid}; waiting for it to finish`);
      await rm(join(folder, claim), { force: true });
    }
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}
