import { type FileHandle, readFile, realpath } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { mountOf, parseMountinfo } from '../mountinfo.js';
import { handedPath } from './tool.js';

/** Bytes as latin1, as names need not be UTF-8. */
const mounts = async () => parseMountinfo(await readFile('/proc/self/mountinfo', 'latin1'));

/**
 * Whether the folder is a mountpoint or one is below it. A bind mount from the same volume shows no other device:
 * `-xdev` goes into it, and would delete what lies elsewhere.
 */
export async function isMountedInto(folder: FileHandle): Promise<boolean> {
  const path = (await handedPath(folder)).toString('latin1');
  return (await mounts()).some(({ mountpoint }) => `${mountpoint}/`.startsWith(`${path}/`));
}

/**
 * Fails with `PathUnsafe` if a folder lies in another mount than its volume's root: nothing can be renamed between two
 * mounts, be they of one filesystem, and mv(1) would copy.
 */
export async function requireSameMount(root: string, folder: string): Promise<void> {
  const table = await mounts();
  const [ofRoot, ofFolder] = await Promise.all(
    [root, folder].map(async (path) => mountOf(table, (await realpath(path, 'buffer')).toString('latin1'))),
  );
  if (ofRoot?.id === ofFolder?.id) return;
  throw new FtsError(
    'PathUnsafe',
    `${folder} cannot be used: it is mounted there from elsewhere (${ofFolder?.mountpoint ?? '?'})`,
    'put the real folder there, or declare it as a volume of its own',
  );
}
