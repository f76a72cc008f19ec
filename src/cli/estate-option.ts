import { findEstateFile } from '../estate/find.js';
import type { LoadedEstate } from '../estate/load.js';

/** Finds and loads the estate that a command is about. Throws `EstateError` or `UsageError`; `fts` then ends with 2. */
export async function loadEstateOption(option: string | undefined): Promise<LoadedEstate> {
  const { loadEstate } = await import('../estate/load.js');
  return loadEstate(await findEstateOption(option));
}

/** The estate file that a command is about, as it was named. Throws `UsageError` if there is none. */
export const findEstateOption = (option: string | undefined): Promise<string> =>
  findEstateFile({ option, environment: process.env, directory: process.cwd() });
