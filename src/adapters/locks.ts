import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { isErrno, type State } from './state.js';

/** Something that one run at a time may write. */
export interface Lockable {
  /** What kind of thing, for people: `repository`, `purge-scratch`. */
  name: string;
  /** Where it is: what two estates of one name mean by that name need not be the same. */
  location: string;
  /** Root of the volume it lies on, if it does. */
  volumeRoot: string | undefined;
}

/** Whose locks they are, and where. */
export interface LockSetting {
  estate: string;
  state: Pick<State, 'path'>;
  /** User id; undefined on Windows. */
  uid?: number | undefined;
}

/** Whether `lockPath` touches a volume. It does not for root. */
export const isLockedOnVolume = (lockable: Lockable, setting: LockSetting): boolean =>
  lockFolder(lockable, { uid: process.getuid?.(), ...setting }).shared;

/** Where the lock of something is, its folder and itself made where needed. */
export async function lockPath(lockable: Lockable, setting: LockSetting): Promise<string> {
  const { folder, shared } = lockFolder(lockable, { uid: process.getuid?.(), ...setting });
  const digest = createHash('sha256').update(lockable.location).digest('hex').slice(0, 8);
  const file = join(folder, `${lockable.name}-${digest}.lock`);
  if (shared) {
    await makeSharedFolder(folder);
    await makeSharedFile(file);
  } else {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  return file;
}

/**
 * Root's locks are under `/run`. Others': at the root of the volume that the thing lies on, so that two users exclude
 * each other; for what lies on no volume, in the state.
 */
export function lockFolder(
  { volumeRoot }: Lockable,
  { estate, state, uid }: LockSetting,
): { folder: string; shared: boolean } {
  if (uid === 0 && process.platform === 'linux') return { folder: join('/run/fts', estate), shared: false };
  if (uid === 0 || uid === undefined || volumeRoot === undefined)
    return { folder: state.path('locks'), shared: false };
  return { folder: join(volumeRoot, '.fts-locks'), shared: true };
}

/** Not sticky: in a sticky folder the kernel refuses to open others' files. Never makes the volume's root. */
async function makeSharedFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
    await chmod(folder, 0o777);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    if (!(await lstat(folder)).isDirectory())
      throw new FtsError('PathUnsafe', `${folder} is no folder, and locks are not put elsewhere`);
  }
}

/** flock(1) wants to open the file, whoever made it. */
async function makeSharedFile(file: string): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    await handle.chmod(0o666);
    await handle.close();
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    // What it holds is nobody's business; a link would lead elsewhere, and a FIFO makes whoever opens it wait.
    if (!(await lstat(file)).isFile())
      throw new FtsError(
        'PathUnsafe',
        `${file} is no file, and cannot be a lock`,
        `look at what it is, and remove it`,
      );
  }
}

/** The failure for a lock that somebody else holds, with the holder where the kernel tells it. */
export async function busyLock(file: string): Promise<FtsError> {
  const holder = await holderOf(file);
  return new FtsError('Busy', `${file} is held by ${holder ?? 'another process'}; waiting for it to finish`);
}

async function holderOf(file: string): Promise<string | undefined> {
  try {
    const { ino } = await stat(file);
    const locks = await readFile('/proc/locks', 'utf8');
    // `1: FLOCK  ADVISORY  WRITE 4242 fe:00:131 0 EOF` (proc(5))
    const pid = locks
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find((fields) => fields[1] === 'FLOCK' && fields[5]?.endsWith(`:${String(ino)}`))?.[4];
    if (pid === undefined) return undefined;
    const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown');
    return `process ${pid} (${command.trim()})`;
  } catch {
    return undefined; // the lock or its holder is gone by now
  }
}
