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
      await writeFile(LOCK, [process.pid, await startedAt(process.pid)].join(' ').trim(), { flag: 'wx' });
      return true;
    } catch (error) {
      if (['EROFS', 'EACCES', 'EPERM'].includes(error.code)) return false;
      if (error.code !== 'EEXIST') throw error;
    }
    const [pid, started] = (await readFile(LOCK, 'utf8').catch(() => '')).split(' ');
    const holder = Number(pid);
    if (!(holder > 0) && (await ageMs()) > WRITTEN_WITHIN_MS)
      throw new SetUpError(
        `${LOCK} names no process`,
        `see that no other set-up of this checkout is running, and delete it`,
      );
    if (holder > 0 && !(await isAlive(holder, started))) await rm(LOCK, { force: true });
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

/** Whether the process is there, and no later one that got its number. */
async function isAlive(pid, started) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return started === undefined || (await startedAt(pid)) === started;
}

/** When it started, in clock ticks after boot (proc(5)); undefined where the system does not tell. */
async function startedAt(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
