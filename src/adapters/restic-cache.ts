import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A clock that is read by the kernel in ticks may show a file as a little older than it is (milliseconds). */
const TICK_MS = 1000;

/**
 * Whether restic opened the repository of that id since then (milliseconds since the epoch). It touches the folder of
 * that name in its cache each time it opens one, so that a folder that nobody uses can be told (restic manual,
 * "Caching"). False also where there is no cache: then restic itself has to be asked.
 */
export async function wasOpened(
  id: string,
  since: number,
  environment: NodeJS.ProcessEnv,
  platform = process.platform,
): Promise<boolean> {
  const cache = cacheFolder(environment, platform);
  if (cache === undefined) return false;
  return stat(join(cache, id)).then(
    ({ mtimeMs }) => mtimeMs >= since - TICK_MS,
    () => false,
  );
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
