import type { FileHandle } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { openBelow } from '../folder-below.js';
import { namesOf } from './beside.js';

/** Opens the folder of each path below a tree, never through a link; the last one stays open, as sorted paths share it. */
export class Parents {
  #key: string | undefined;
  #open: FileHandle | undefined;

  constructor(readonly tree: FileHandle) {}

  /** Undefined if the folder is not there, or a link is on the way. */
  async of(path: Buffer): Promise<{ folder: FileHandle; name: Buffer } | undefined> {
    const names = namesOf(path);
    const name = names.pop() ?? Buffer.from('.');
    const key = path.subarray(0, Math.max(0, path.length - name.length)).toString('latin1');
    if (key !== this.#key || path.length === 0) {
      await this.close();
      this.#key = key;
      this.#open = await openBelow(this.tree, names, 'staging').catch((error: unknown) => {
        if (error instanceof FtsError && ['PathMissing', 'PathUnsafe'].includes(error.type)) return undefined;
        throw error;
      });
    }
    return this.#open && { folder: this.#open, name };
  }

  async close(): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
    this.#key = undefined;
  }
}
