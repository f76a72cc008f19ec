import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import type { LargeFile } from '../../domain/mirror.js';
import type { ListedFile } from './listing.js';
import type { MirrorPlace } from './place.js';
import { textOf } from './source.js';
import { runRclone } from '../rclone.js';

/** What is larger is not read back as a whole, unless nothing else is there (bytes). */
export const LARGE = 16 * 1024 ** 2;

/** So much of a large file is read back (bytes). */
const RANGE = 4 * 1024 ** 2;

/** A large file, and the random place at which it is to be read. */
export const largeFile = ({ sha1: _, ...file }: ListedFile): LargeFile => ({
  ...file,
  offset: randomInt(file.size - RANGE),
});

/**
 * Reads a stretch of a large file back from the remote and compares it with the source, so that from night to night what
 * is too large for a sample is looked at too. Undefined when it differs, or cannot be had; else how much was the same
 * (bytes). Fails as `runRclone` does.
 */
export async function readRange(
  place: Pick<MirrorPlace, 'remote' | 'root' | 'files' | 'signal'>,
  { name, offset }: LargeFile,
): Promise<number | undefined> {
  const { remote, root, files, signal } = place;
  const stretch = async (folder: string, side: string): Promise<Buffer | undefined> => {
    const stdoutFile = join(files.folder, `range-${side}`);
    const args = ['cat', `${folder}/${textOf(name)}`, '--offset', String(offset), '--count', String(RANGE)];
    try {
      const call = { args, directory: root, signal, stdoutFile, locked: false };
      return (await runRclone(remote, call)).exitCode === 0 ? await readFile(stdoutFile) : undefined;
    } catch (error) {
      if (error instanceof FtsError && error.type === 'PathMissing') return undefined;
      throw error;
    }
  };
  const there = await stretch(remote.root, 'remote');
  const here = await stretch('.', 'source');
  return there !== undefined && here?.equals(there) === true ? there.length : undefined;
}
