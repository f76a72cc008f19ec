import { lstatSync } from 'node:fs';
import { pathExists } from '../path-exists.js';
import { rebuildFiles } from './mirror-files.js';
import type { RebuildRecord } from './record.js';
import { readMetadata } from '../restore/metadata.js';
import type { TreeEntry } from '../restore/tally.js';
import type { State } from '../state.js';

/** What is said of names that were one file, and came back with parts of different batches. */
export const SEPARATED = 'names that were of one file with others have files of their own now';

/** Counts names of a snapshot that were of one file with an earlier one, and on the volume are not. */
export class SeparatedNames {
  readonly #firsts = new NumberMap();
  count = 0;

  /** `inode` on the volume. */
  add({ inode, size, modifiedNs }: TreeEntry, onVolume: number): void {
    if (inode === undefined) return;
    // Below a mount the same inode may be another file's: then size and time tell.
    const key = Number(BigInt.asUintN(52, BigInt(inode) * SPREAD + modifiedNs * 31n + BigInt(size))) + 1;
    const first = this.#firsts.firstOf(key, onVolume);
    if (first !== onVolume) this.count += 1;
  }
}

const SPREAD = 0x9e3779b97f4a7c15n;

/** What was first told for each of many numbers above 0: 16 bytes an entry, and as much again to spare. */
class NumberMap {
  #keys = new Float64Array(1024);
  #values = new Float64Array(1024);
  #size = 0;

  firstOf(key: number, value: number): number {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const at = this.#placeOf(key);
    if (this.#keys[at] === key) return this.#values[at] ?? value;
    this.#keys[at] = key;
    this.#values[at] = value;
    this.#size += 1;
    return value;
  }

  #placeOf(key: number): number {
    const length = this.#keys.length;
    let at = key % length;
    while (this.#keys[at] !== 0 && this.#keys[at] !== key) at = (at + 1) % length;
    return at;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Float64Array(keys.length * 2);
    for (const [index, key] of keys.entries()) {
      if (key === 0) continue;
      const at = this.#placeOf(key);
      this.#keys[at] = key;
      this.#values[at] = values[index] ?? 0;
    }
  }
}

/** As `SeparatedNames`, by what a mirror's manifest tells. */
export async function separatedInMirror(
  state: Pick<State, 'path'>,
  { id }: Pick<RebuildRecord, 'id'>,
  root: string,
): Promise<number> {
  const { metadata } = rebuildFiles(state, id);
  if (!(await pathExists(metadata))) return 0;
  const below = (path: Buffer): Buffer => Buffer.concat([Buffer.from(`${root}/`), path]);
  let count = 0;
  for await (const entries of readMetadata(metadata))
    for (const { path, hardLink } of entries) {
      if (hardLink === undefined || hardLink.equals(path)) continue;
      const [own, first] = [inodeOf(below(path)), inodeOf(below(hardLink))];
      if (own !== undefined && first !== undefined && own !== first) count += 1;
    }
  return count;
}

function inodeOf(path: Buffer): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined; // nothing can be there: a link on the way, a name too long
  }
}
