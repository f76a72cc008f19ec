import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import type { DrillStep } from './setting.js';
import { emptyFolder } from '../project/copy.js';
import { inFolder } from '../project/look.js';
import { requireSameMount } from '../project/mounts.js';
import { makePrivateFolder } from '../project/rename.js';
import { safePath } from '../volume/path.js';

/** Folder in the scratch place that restic restores into. */
const RESTORED = 'restored';

/** A scratch place that is open. */
export interface Scratch {
  /** What restic is told: by the handle of this process, whatever is mounted over the names above it meanwhile. */
  target: string;
  /** Path of a restored file, by the same handle; `path` is absolute in the snapshot's tree. */
  fileAt: (path: string) => string;
}

/** The folder of a drill's scratch place on a volume, or in the host's state for one that has none here. */
const scratchFolder = (root: string, job: string): string => join(root, OWN_FOLDER, 'drill', job);

/**
 * Works in an empty scratch place that only this user can look into, and removes it afterwards, however the work ended.
 * Hold the drill's lock. The process may die on any line: what is left lies in this one folder, and the next
 * drill of the job removes it first. Fails with `PathUnsafe` if something is mounted in it, or it is a link.
 */
export async function inScratch<T>(
  { root, job, onStep }: { root: string; job: string; onStep: (step: DrillStep) => Promise<void> | void },
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const folder = scratchFolder(root, job);
  const relative = join(OWN_FOLDER, 'drill', job);
  await safePath(root, relative, { mustExist: false });
  await makePrivateFolder(folder);
  await safePath(root, relative, { mustExist: true });
  await requireSameMount(root, folder);
  return inFolder(folder, async (open) => {
    await emptyFolder(open);
    await onStep('scratch-empty');
    const target = `/proc/${String(process.pid)}/fd/${String(open.fd)}/${RESTORED}`;
    await mkdir(target, { mode: 0o700 });
    /** Not interruptible: a cancelled drill clears up too. */
    const remove = async (): Promise<void> => {
      await emptyFolder(open);
      await rmdir(folder);
    };
    let result: T;
    try {
      result = await work({ target, fileAt: (path) => `${target}${path}` });
    } catch (error) {
      await remove().catch(() => undefined); // the first failure says more
      throw error;
    }
    await remove();
    await onStep('scratch-removed');
    return result;
  });
}
