import { rmdir, unlink } from 'node:fs/promises';
import { type Entry, entryPath, openEntry, within } from './folder-entry.js';
import { emptyFolder } from './project/copy.js';
import type { EntryPlace } from './put-entry.js';

/** Removes an entry of staging, with all that is in it. */
export async function dropEntry({ folder, name }: EntryPlace, entry: Entry): Promise<void> {
  if (!entry.isDirectory()) return unlink(entryPath(folder, name));
  await within(openEntry(folder, name), (open) => emptyFolder(open));
  await rmdir(entryPath(folder, name));
}
