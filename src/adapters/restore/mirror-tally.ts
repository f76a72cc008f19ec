import { LINK } from '../../domain/mirror-filter.js';
import type { ScannedEntry } from './scan.js';
import type { TallyResult } from './tally.js';
import { SetDigest } from '../set-digest.js';

/** Counts what a mirror can hold of a tree: files, and links as the files that hold them. */
export class MirrorTally {
  readonly #contents = new SetDigest();
  #files = 0;
  #bytes = 0;
  #others = 0;

  /** An entry on the disk. */
  add({ kind, bytes, size }: Pick<ScannedEntry, 'kind' | 'bytes' | 'size'>): void {
    const path = bytes.toString('latin1');
    if (kind === 'file') this.addListed(path, size);
    else if (kind === 'symlink') this.addListed(`${path}${LINK}`, size);
    else if (kind !== 'dir') this.#others += 1;
  }

  /** A file of the remote. `path` is below the volume's root, bytes as latin1 text. */
  addListed(path: string, size: number): void {
    this.#contents.add([path, String(size)]);
    this.#files += 1;
    if (!path.endsWith(LINK)) this.#bytes += size;
  }

  /** Of modes, owners and times the remote knows nothing. */
  result(): TallyResult {
    return {
      entries: this.#files,
      // FIFOs and devices, which the remote does not hold, are restored as well.
      files: this.#files + this.#others,
      bytes: this.#bytes,
      contents: this.#contents.toString(),
      attributes: '',
    };
  }
}
