import { checkDocument } from './check.js';
import { EstateError, type Finding } from './findings.js';
import { toFindings } from './problem.js';
import type { Estate } from './schema.js';
import { type EstateText, readEstateText } from './text.js';
import { readDocument } from './yaml/document.js';

export { EstateError, type Finding } from './findings.js';

/** A valid estate and where it was found. */
export interface LoadedEstate {
  estate: Estate;
  /** Absolute. */
  file: string;
  /** The folder of the file itself, not of a link to it: relative paths in it are relative to this. */
  directory: string;
  warnings: Finding[];
}

/** Reads and checks an estate file. Throws an EstateError with everything that is wrong with it, and nothing else. */
export async function loadEstate(file: string): Promise<LoadedEstate> {
  return checkEstate(await readEstateText(file));
}

/** Checks an estate file's text. Throws as `loadEstate` does. */
export function checkEstate({ text, named, file, directory }: EstateText): LoadedEstate {
  const { estate, problems, warnings } = checkDocument(readDocument(text), directory);
  if (!estate) throw new EstateError(toFindings(named, problems));
  return { estate, file, directory, warnings: toFindings(named, warnings) };
}
