import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EstateError } from './findings.js';
import { toFindings } from './problem.js';
import { readSource } from './yaml/source.js';

/** An estate file's text, which nobody has checked yet. What it means depends on nothing else but `directory`. */
export interface EstateText {
  text: string;
  /** As it was named, for messages. */
  named: string;
  /** Absolute. */
  file: string;
  /** The folder of the file itself, not of a link to it: relative paths in it are relative to this. */
  directory: string;
}

/** Reads an estate file. Throws an EstateError when it is no text, and nothing else. */
export async function readEstateText(named: string): Promise<EstateText> {
  const file = resolve(named);
  const source = await readSource(file);
  if ('problem' in source) throw new EstateError(toFindings(named, [source.problem]));
  const directory = dirname(await realpath(file).catch(() => file)); // it may vanish meanwhile
  return { text: source.text, named, file, directory };
}
