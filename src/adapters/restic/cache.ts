import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The id of the repository that holds a snapshot that restic has just made: restic puts each into the folder of its
 * cache that has the repository's id for a name (restic manual, "Caching"). Undefined where there is no cache, or not
 * that snapshot: then restic itself has to be asked.
 */
export async function repositoryInCache(
  snapshotId: string,
  environment: NodeJS.ProcessEnv,
  platform = process.platform,
): Promise<string | undefined> {
  const cache = cacheFolder(environment, platform);
  if (cache === undefined) return undefined;
  const ids = await readdir(cache).catch(() => []);
  const holders = await Promise.all(
    ids.map((id) =>
      access(join(cache, id, 'snapshots', snapshotId.slice(0, 2), snapshotId)).then(
        () => id,
        () => undefined,
      ),
    ),
  );
  return holders.find((id) => id !== undefined);
}

function cacheFolder(
  { RESTIC_CACHE_DIR, XDG_CACHE_HOME, HOME, LOCALAPPDATA }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): string | undefined {
  if (RESTIC_CACHE_DIR) return RESTIC_CACHE_DIR;
  if (platform === 'win32') return LOCALAPPDATA && join(LOCALAPPDATA, 'restic');
  if (platform === 'darwin') return HOME && join(HOME, 'Library', 'Caches', 'restic');
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'restic');
  return HOME && join(HOME, '.cache', 'restic');
}
