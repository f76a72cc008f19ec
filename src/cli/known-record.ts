import { FtsError } from '../domain/failures.js';
import { printableText } from './format.js';
import { note } from './output.js';

/** One of this machine's records, for a look at many: one that cannot be read is told about and counts as none. */
export async function knownRecord<T>(reading: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const hint = error instanceof FtsError && error.hint !== undefined ? `: ${error.hint}` : '';
    note(printableText(`${error instanceof Error ? error.message : String(error)}${hint}`));
    return undefined;
  }
}
