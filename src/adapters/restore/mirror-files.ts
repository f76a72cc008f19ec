import { rm } from 'node:fs/promises';
import type { State } from '../state.js';

/** What a host keeps of a mirror while it restores from it, beside the restore's record. */
export function mirrorRestoreFiles(state: Pick<State, 'path'>, id: string) {
  const file = (name: string): string => state.path('restores', `${id}.${name}`);
  return {
    /** What the remote holds of the nth thing that is asked for, sorted by name (`mirrorFiles`). */
    listing: (index: number) => file(`${String(index)}.tsv`),
    /** The names in it that are to be fetched, one a line. */
    names: (index: number) => file(`${String(index)}.txt`),
    /** What is in staging of it. */
    staged: (index: number) => file(`${String(index)}.staged.tsv`),
    /** What rclone says of those whose hash is not known. */
    compared: (index: number) => file(`${String(index)}.compared.txt`),
    /** The metadata manifest, packed. */
    metadata: file('metadata.jsonl.gz'),
  };
}
export type MirrorRestoreFiles = ReturnType<typeof mirrorRestoreFiles>;

/** Removes them. Safe to repeat. */
export async function removeMirrorFiles(
  state: Pick<State, 'path'>,
  id: string,
  items: number,
): Promise<void> {
  const files = mirrorRestoreFiles(state, id);
  const all = [files.metadata];
  for (let index = 0; index < items; index += 1)
    all.push(files.listing(index), files.names(index), files.staged(index), files.compared(index));
  for (const file of all) await rm(file, { force: true });
}
