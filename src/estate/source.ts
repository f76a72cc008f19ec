import { stat } from 'node:fs/promises';
import { EstateError, type LoadedEstate, loadEstate } from './load.js';

/** A host's own estate file, as it is at this moment. */
export interface EstateSource {
  /** The estate; read again when the file changed. An estate that no longer loads leaves the last good one in force. */
  current(): Promise<LoadedEstate>;
}

/** Watches an estate file by looking at it at each use. `onRejected` hears of a changed file that does not load. */
export async function createEstateSource(
  file: string,
  onRejected: (error: EstateError) => void,
): Promise<EstateSource> {
  let seen = await signature(file);
  let newest = Promise.resolve(await loadEstate(file));
  const reload = async (lastGood: Promise<LoadedEstate>): Promise<LoadedEstate> => {
    try {
      return await loadEstate(file);
    } catch (error) {
      if (!(error instanceof EstateError)) {
        seen = '';
        throw error;
      }
      onRejected(error);
      return lastGood;
    }
  };
  return {
    async current() {
      const now = await signature(file);
      if (now !== seen) {
        seen = now;
        newest = reload(newest);
      }
      return newest;
    },
  };
}

/** Changes with the file's content or place; empty while there is none. */
async function signature(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return '';
  }
}
