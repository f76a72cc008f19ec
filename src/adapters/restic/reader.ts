import { FtsError } from '../../domain/failures.js';

/** What restic says of a place in which it cannot leave a lock: nobody else can then, or no longer. */
const CANNOT_LOCK =
  /(unable to create lock|save\(<lock\/).*(read-only file system|permission denied|no space left|quota|cap.?exceeded|unauthorized|forbidden|access ?denied)/is;

/**
 * Has restic lock the repository as a reader does, so that nobody prunes meanwhile; where nothing can be written it reads without a
 * lock. True if it did.
 */
export async function asReader(run: (options: readonly string[]) => Promise<unknown>): Promise<boolean> {
  try {
    await run([]);
    return false;
  } catch (error) {
    if (!(error instanceof FtsError) || !CANNOT_LOCK.test(error.message)) throw error;
    await run(['--no-lock']);
    return true;
  }
}
