import { FtsError } from '../../domain/failures.js';
import { lossyName } from '../../domain/names.js';
import { isProtectedName } from '../../domain/purge.js';
import { readTree } from '../restic/tree.js';
import { listedEntry } from '../restore/listing.js';
import type { RestoreSetting } from '../restore/setting.js';
import type { FoundSource } from '../restore/source.js';
import type { TreeEntry } from '../restore/tally.js';

/** A folder of which the snapshot has only the name. */
export interface UnreadFolder {
  entry: TreeEntry;
  /** Its path, below the volume's root. */
  bytes: Buffer;
}

/**
 * Which of the volume's parts, and of the folders in which parts lie, cannot be read: `restic find` leaves them out, and the folder
 * above has their names. Fails with `RepositoryDamaged` if nothing was told at all.
 */
export async function unreadFolders(
  setting: RestoreSetting,
  { found, base }: { found: FoundSource; base: string },
  { ways, told }: { ways: readonly TreeEntry[]; told: readonly TreeEntry[] },
): Promise<UnreadFolder[]> {
  const { snapshotId: snapshot, repository: name } = found.source;
  if (told.length === 0)
    throw new FtsError(
      'RepositoryDamaged',
      `repository ${name}: nothing of snapshot ${snapshot.slice(0, 8)} can be read any more`,
      'name another snapshot or source, and run `restic check` on this one',
    );
  const left = new Map<string, number>();
  for (const { path } of told) left.set(path, (left.get(path) ?? 0) + 1);
  const unread: UnreadFolder[] = [];
  for (const folder of ['', ...ways.map(({ path }) => path)]) {
    const place = placeBelow(base, folder);
    for (const stored of await readTree(found.repository, { snapshot, place }, setting.signal)) {
      const lead = folder === '' ? '' : `${folder}/`;
      const path = `${lead}${lossyName(stored.name)}`;
      if (stored.node.type !== 'dir' || (folder === '' && isProtectedName(path))) continue;
      const count = left.get(path) ?? 0;
      left.set(path, count - 1);
      if (count > 0) continue;
      const entry = listedEntry({ ...stored.node, path: `/${path}`, message_type: 'node' });
      if (entry) unread.push({ entry, bytes: Buffer.concat([Buffer.from(lead), stored.name]) });
    }
  }
  return unread;
}

/** Where a folder of the volume is in a snapshot's tree. */
export const placeBelow = (base: string, folder: string): string =>
  `${base === '/' ? '' : base}${folder === '' ? '' : `/${folder}`}` || '/';
