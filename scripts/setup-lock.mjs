import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SetUpError } from './step.mjs';

const LOCK = path.join('.fts', 'setup.lock');
const POLL_MS = 500;
/** A lock that has no content yet gets it within this time; one that never does is of a set-up that was killed. */
const WRITTEN_WITHIN_MS = 10_000;

/** Runs at the checkout's root. Keeps two set-ups of one checkout from undoing each other's work: the later one waits, then finds all done. */
export async function exclusively(work) {
  const locked = await acquire();
  try {
    return await work();
  } finally {
    if (locked) await rm(LOCK, { force: true });
  }
}

/** False where nothing can be written: set-up can then only find all done, or fail at the step that has to write. */
async function acquire() {
  for (let waiting = false; ;) {
    try {
      await mkdir(path.dirname(LOCK), { recursive: true });
      await writeFile(LOCK, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if (['EROFS', 'EACCES', 'EPERM'].includes(error.code)) return false;
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(LOCK, 'utf8').catch(() => ''));
    if (!(holder > 0) && (await ageMs()) > WRITTEN_WITHIN_MS)
      throw new SetUpError(
        `${LOCK} names no process`,
        `see that no other set-up of this checkout is running, and delete it`,
      );
    if (holder > 0 && !isAlive(holder)) await rm(LOCK, { force: true });
    else {
      if (!waiting) console.error(`set-up: waiting for process ${holder}, which has ${LOCK}`);
      waiting = true;
      await setTimeout(POLL_MS);
    }
  }
}

/** Of the lock; it is young while it is not there. */
async function ageMs() {
  const { mtimeMs } = await stat(LOCK).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
