import { findEstateFile } from '../estate/find.js';
import { type LoadedEstate, loadEstate } from '../estate/load.js';

/** Finds and loads the estate that a command is about. Throws `EstateError` or `UsageError`; `fts` then ends with 2. */
export async function loadEstateOption(option: string | undefined): Promise<LoadedEstate> {
  const file = await findEstateFile({ option, environment: process.env, directory: process.cwd() });
  return loadEstate(file);
}
