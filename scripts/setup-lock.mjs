import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

const LOCK = path.join('.fts', 'setup.lock');
const POLL_MS = 500;

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
    if (holder > 0 && !isAlive(holder)) await rm(LOCK, { force: true });
    else {
      if (!waiting) console.error(`set-up: waiting for process ${holder}, which has ${LOCK}`);
      waiting = true;
      await setTimeout(POLL_MS);
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
