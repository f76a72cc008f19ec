import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../domain/usage-error.js';

const LOCAL = 'estate.yaml';
const SYSTEM = '/etc/fts/estate.yaml';

export interface EstateSearch {
  /** Value of `--estate`. */
  option?: string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  directory: string;
}

/**
 * The estate file to use: `--estate`, `$FTS_ESTATE`, `./estate.yaml`, `/etc/fts/estate.yaml`, as it was named, since
 * messages show it. The first two need not exist (loading says so); throws a UsageError if there is none.
 */
export async function findEstateFile({ option, environment, directory }: EstateSearch): Promise<string> {
  const fromHere = (file: string) => (directory === process.cwd() ? file : resolve(directory, file));
  const named = option ?? (environment.FTS_ESTATE || undefined);
  if (named === '') throw new UsageError('--estate needs the path of a file');
  if (named !== undefined) return fromHere(named);
  const local = fromHere(LOCAL);
  if (await exists(local)) return local;
  if (await exists(SYSTEM)) return SYSTEM;
  throw new UsageError(`no estate file: neither ./${LOCAL} nor ${SYSTEM} exists`, {
    hint: (await exists(fromHere('estate.yml')))
      ? 'rename estate.yml to estate.yaml, or name it with --estate FILE'
      : 'name one with --estate FILE or FTS_ESTATE',
  });
}

/** What cannot be looked at counts as there, so that loading says why. */
async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    return !(
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    );
  }
}
