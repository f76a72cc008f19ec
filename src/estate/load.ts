import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkDocument } from './check.js';
import { EstateError, type Finding } from './findings.js';
import { toFindings } from './problem.js';
import type { Estate } from './schema.js';
import { readDocument } from './yaml/document.js';
import { readSource } from './yaml/source.js';

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
  const absolute = resolve(file);
  const source = await readSource(absolute);
  if ('problem' in source) throw new EstateError(toFindings(file, [source.problem]));
  const directory = dirname(await realpath(absolute).catch(() => absolute)); // it may vanish meanwhile
  const { estate, problems, warnings } = checkDocument(readDocument(source.text), directory);
  if (!estate) throw new EstateError(toFindings(file, problems));
  return { estate, file: absolute, directory, warnings: toFindings(file, warnings) };
}
