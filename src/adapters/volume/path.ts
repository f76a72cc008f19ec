import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { isErrno } from '../state.js';

/**
 * The absolute path of something below a volume's root, looked at component by component: fails with `PathUnsafe`
 * if one is a link, leaves the root's device or is named `..`, and with `PathMissing` if `mustExist` and it is not
 * there. Where it need not exist, what does exist of it has been looked at. Changes nothing.
 */
export async function safePath(
  root: string,
  relative: string,
  { mustExist }: { mustExist: boolean },
): Promise<string> {
  const names = components(root, relative);
  const { dev } = folder(root, await look(root, mustExist));
  let path = root;
  for (const [index, name] of names.entries()) {
    path = join(path, name);
    const stats = await look(path, mustExist);
    if (stats === undefined) return join(root, ...names);
    if (stats.isSymbolicLink()) throw unsafe(path, 'it is a symbolic link', 'put the real folder there');
    if (stats.dev !== dev) {
      throw unsafe(
        path,
        `another filesystem than that of ${root} is mounted there`,
        'declare it as a volume of its own',
      );
    }
    if (index < names.length - 1) folder(path, stats);
  }
  return path;
}

function components(root: string, relative: string): string[] {
  const names = relative.split('/').filter((name) => name !== '' && name !== '.');
  if (!isAbsolute(relative) && !names.includes('..') && !relative.includes('\0')) return names;
  throw unsafe(relative, `it does not lie below ${root}`);
}

/** What is there, without following a link. */
async function look(path: string, mustExist: boolean): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      if (!mustExist) return undefined;
      throw new FtsError(
        'PathMissing',
        `${path} does not exist`,
        `make it, if it is meant to be there: mkdir ${path}`,
      );
    }
    if (isErrno(error, 'EACCES')) throw unsafe(path, 'this user may not look at it');
    throw error;
  }
}

function folder(path: string, stats: BigIntStats | undefined): BigIntStats {
  if (stats === undefined) throw new FtsError('PathMissing', `${path} does not exist`);
  if (stats.isSymbolicLink()) throw unsafe(path, 'it is a symbolic link', 'put the real folder there');
  if (!stats.isDirectory()) throw unsafe(path, 'it is not a folder');
  return stats;
}

const unsafe = (path: string, why: string, hint?: string): FtsError =>
  new FtsError('PathUnsafe', `${path} cannot be used: ${why}`, hint);
