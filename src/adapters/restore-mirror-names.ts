import { type FileHandle, rename } from 'node:fs/promises';
import { FtsError } from '../domain/failures.js';
import { localNameOfRclone, pathOfRcloneName } from '../domain/rclone-names.js';
import { openBelow } from './folder-below.js';
import { entryPath, lookAt, within } from './folder-entry.js';
import { bytesOf, listedFiles } from './mirror-lists.js';
import { textOf } from './mirror-source.js';
import { namesOf } from './restore-beside.js';

/** A path that rclone does not give back as it is. */
interface OddName {
  real: Buffer;
  /** As rclone makes it. */
  made: Buffer;
}

/**
 * Gives files that rclone made of a listing the names that they really have. Before rclone looks there again, `takeNamesBack`. Both
 * may be repeated at any point.
 */
export async function giveRealNames(folder: FileHandle, listing: string): Promise<void> {
  for await (const { real, made } of oddNames(listing)) await renameEntry(folder, made, real);
}

/** Undoes `giveRealNames`. */
export async function takeNamesBack(folder: FileHandle, listing: string): Promise<void> {
  for await (const { real, made } of oddNames(listing)) await renameEntry(folder, real, made);
}

async function* oddNames(listing: string): AsyncGenerator<OddName, void, undefined> {
  for await (const { name } of listedFiles(listing)) {
    if (!name.includes(QUOTE)) continue;
    const [real, made] = [pathOfRcloneName(textOf(name)), localNameOfRclone(textOf(name))];
    if (real !== made) yield { real: Buffer.from(real), made: Buffer.from(made) };
  }
}

const QUOTE = bytesOf('‛');

/** From one name to another in the same folder. */
async function renameEntry(root: FileHandle, from: Buffer, to: Buffer): Promise<void> {
  const above = namesOf(from);
  const [old, name] = [above.pop(), namesOf(to).pop()];
  if (!old || !name) return;
  const folder = await openBelow(root, above, 'staging').catch((error: unknown) => {
    if (error instanceof FtsError && error.type === 'PathMissing') return undefined;
    throw error;
  });
  if (!folder) return; // nothing of it was fetched yet
  await within(Promise.resolve(folder), async (open) => {
    if ((await lookAt(open, old)) === undefined || (await lookAt(open, name)) !== undefined) return;
    await rename(entryPath(open, old), entryPath(open, name));
  });
}
