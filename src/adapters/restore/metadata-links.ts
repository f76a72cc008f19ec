import { lstatSync, readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { LINK } from '../../domain/mirror-filter.js';
import { entryPath } from '../folder-entry.js';
import type { RestoreContext } from './context.js';
import { scanTree } from './scan.js';

/** So long may a link's target be (Linux, PATH_MAX). */
const LONGEST_TARGET = 4095;

/**
 * Makes links of the files that hold them. One whose name is taken, or that holds no target, stays the file it is; how many do.
 * Safe to repeat: the file goes when its link is there.
 */
export async function makeLinks(
  tree: FileHandle,
  { signal, onStep }: Pick<RestoreContext, 'signal' | 'onStep'>,
): Promise<number> {
  let left = 0;
  const ending = Buffer.from(LINK);
  await scanTree(
    tree,
    ({ kind, bytes, size }) => {
      if (kind !== 'file' || !bytes.subarray(-ending.length).equals(ending)) return;
      const file = entryPath(tree, bytes);
      const path = file.subarray(0, -ending.length);
      const target = size > 0 && size <= LONGEST_TARGET ? readFileSync(file) : undefined;
      const isNameless = path.at(-1) === 0x2f;
      if (!target || target.includes(0) || isNameless || !canHave(target, path)) {
        left += 1;
        return;
      }
      if (!isThere(path)) symlinkSync(target, path);
      void onStep('link-made');
      unlinkSync(file);
    },
    signal,
  );
  await onStep('links-made');
  return left;
}

const isThere = (path: Buffer): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** False if something else has the name; a link may have been made before the process died. */
const canHave = (target: Buffer, path: Buffer): boolean =>
  !isThere(path) ||
  (lstatSync(path).isSymbolicLink() && readlinkSync(path, { encoding: 'buffer' }).equals(target));
