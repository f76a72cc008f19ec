import { readdir } from 'node:fs/promises';

const REPLACEMENT = '\ufffd';

/**
 * Finds the file that a tool's JSON names only approximately: JSON cannot hold a name that is not UTF-8, and Go writes
 * U+FFFD for each byte of it. Answers with the text itself where nothing is found, or more than one that looks like it.
 */
export async function realName(path: string): Promise<Uint8Array | string> {
  if (!path.includes(REPLACEMENT)) return path;
  let found: Buffer = Buffer.from('/');
  for (const component of path.split('/').filter((part) => part !== '')) {
    const name = component.includes(REPLACEMENT) ? await entryLike(found, component) : Buffer.from(component);
    if (!name) return path;
    found = Buffer.concat([found, ...(found.length > 1 ? [Buffer.from('/')] : []), name]);
  }
  return found;
}

async function entryLike(folder: Buffer, component: string): Promise<Buffer | undefined> {
  const names = await readdir(folder, { encoding: 'buffer' }).catch(() => []);
  const alike = names.filter((name) => approximate(name.toString('utf8')) === approximate(component));
  return alike.length === 1 ? alike[0] : undefined;
}

/** Go and Node disagree on how many replacement characters a broken sequence is worth. */
const approximate = (name: string): string => name.replaceAll(/\ufffd+/g, REPLACEMENT);
