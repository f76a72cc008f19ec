import type { Removal } from '../../domain/hold.js';
import { rcloneName } from '../../domain/rclone-names.js';
import { deletionsWithSizes } from './delete.js';
import type { MirrorFiles } from './files.js';
import { bytesOf } from './lists.js';
import { namesPruned } from '../pruned-names.js';
import type { State } from '../state.js';

/** A restic repository on the volume; its folder is relative to the volume's root. */
export interface MirroredRepository {
  name: string;
  path: string;
}

/**
 * What of a plan's deletions this host's own prunes removed from the repositories: files that were in one, and that a
 * prune took away. A file that went otherwise, or while no prune was recorded, is none of them.
 */
export async function explainedByPrunes(
  files: MirrorFiles,
  state: Pick<State, 'readRenewable'>,
  repositories: readonly MirroredRepository[],
): Promise<Removal> {
  const pruned = new Set<string>();
  for (const { name, path } of repositories)
    for (const file of await namesPruned(state, name)) pruned.add(bytesOf(rcloneName(`${path}/${file}`)));
  const explained: Removal = { files: 0, bytes: 0 };
  if (pruned.size === 0) return explained;
  for (const step of [2, 3] as const) {
    for await (const { name, size } of deletionsWithSizes(files, step)) {
      if (!pruned.has(name)) continue;
      explained.files += 1;
      explained.bytes += Math.max(0, size);
    }
  }
  return explained;
}
