import { once } from 'node:events';
import { endOf } from '../../domain/exit-words.js';
import { FtsError } from '../../domain/failures.js';
import { busyLock } from '../locks.js';
import { startTied } from '../tied-process.js';
import { inheritedEnvironment, LOCK_CONFLICT, requirePrograms } from '../tool-command.js';

/**
 * Works while a child process of this one holds a lock file: whoever dies, the lock is free. It keeps out other workers,
 * and an attempt of this one that Temporal has given up but that has not heard of it yet. Fails with `Busy`.
 */
export async function whileLocked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const environment: Record<string, string> = inheritedEnvironment();
  await requirePrograms(['setpriv', 'flock', 'cat'], environment.PATH);
  const locking = ['--no-fork', '--nonblock', '--conflict-exit-code', String(LOCK_CONFLICT), file];
  const holder = startTied('flock', [...locking, 'cat'], { environment, stdio: ['pipe', 'pipe', 'ignore'] });
  const { stdin, stdout } = holder;
  if (!stdin || !stdout) throw new FtsError('ToolFailed', 'flock has no streams');
  const closed = once(holder, 'close');
  stdin.on('error', () => undefined); // it ended, which `closed` tells
  stdin.write('held\n');
  const isHeld = await Promise.race([once(stdout, 'data').then(() => true), closed.then(() => false)]);
  if (!isHeld) {
    if (holder.exitCode === LOCK_CONFLICT) throw await busyLock(file);
    throw new FtsError('ToolFailed', `flock on ${file} ${endOf(holder.exitCode)}`);
  }
  try {
    return await work();
  } finally {
    stdin.end();
    await closed;
  }
}
