import { readFile, realpath } from 'node:fs/promises';
import { patternOf } from '../../domain/mirror-filter.js';
import { rcloneName } from '../../domain/rclone-names.js';
import { bytesOf, liesBelow } from './lists.js';
import { parseMountinfo } from '../mountinfo.js';
import { isErrno } from '../state.js';

/** Where something else is mounted in a volume: another filesystem, or a folder or file of elsewhere. */
export interface MountedFolders {
  /** Relative to the root. */
  paths: string[];
  /** rclone's patterns that leave them out. */
  filter: string[];
  /** Whether a name of a listing is one, or lies below one: what the volume has there cannot be seen. */
  covers: (name: string) => boolean;
}

/** What is mounted below a volume's root at this moment, by Linux' mount table; elsewhere nothing. */
export async function mountedFolders(root: string): Promise<MountedFolders> {
  const prefix = `${(await realpath(root)).replace(/\/$/, '')}/`;
  const mounts = parseMountinfo(await mountTable());
  const found = mounts.filter(({ mountpoint }) => mountpoint.startsWith(prefix));
  const paths = [...new Set(found.map(({ mountpoint }) => mountpoint.slice(prefix.length)))];
  const names = paths.map(rcloneName);
  const folders = names.map(bytesOf);
  return {
    paths,
    filter: names.flatMap((name) => [patternOf(name), `${patternOf(name)}/**`]),
    covers: (name) => liesBelow(folders, name),
  };
}

async function mountTable(): Promise<string> {
  try {
    return await readFile('/proc/self/mountinfo', 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
