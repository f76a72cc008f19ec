import { createHash } from 'node:crypto';
import type { Loss } from '../../domain/mirror.js';
import { printableName } from '../../domain/names.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import type { ListedFile } from './listing.js';
import { textOf } from './source.js';

const BIGGEST = 10;

/** Adds up what the remote would lose, in the order of the names, in bounded memory. */
export class LossTally {
  readonly #hash = createHash('sha256');
  #files = 0;
  #bytes = 0;
  #biggest: Pick<ListedFile, 'name' | 'size'>[] = [];
  #common: string[] | undefined;

  /** `how`: deleting and overwriting the same file are two plans. */
  add({ name, size, mtime, sha1 }: ListedFile, how: 'delete' | 'overwrite'): void {
    this.#files += 1;
    this.#bytes += Math.max(0, size);
    this.#hash.update(`${how}\t${name}\t${String(size)}\t${sha1 || mtime}\n`, 'latin1');
    this.#noteBiggest({ name, size });
    this.#noteCommon(name);
  }

  get loss(): Loss {
    return {
      files: this.#files,
      bytes: this.#bytes,
      biggest: this.#biggest.map(({ name, size }) => ({ ...printableName(pathOf(name)), bytes: size })),
      commonPath: Buffer.from(pathOf((this.#common ?? []).join('/'))).toString('base64'),
      hash: this.#hash.copy().digest('hex'),
    };
  }

  #noteBiggest(file: Pick<ListedFile, 'name' | 'size'>): void {
    if (file.size <= 0) return;
    if (this.#biggest.length === BIGGEST && file.size <= (this.#biggest.at(-1)?.size ?? 0)) return;
    this.#biggest = [...this.#biggest, file].sort((a, b) => b.size - a.size).slice(0, BIGGEST);
  }

  #noteCommon(name: string): void {
    if (this.#common === undefined) {
      this.#common = name.split('/');
      return;
    }
    if (this.#common.length === 0 || name.startsWith(`${this.#common.join('/')}/`)) return;
    const parts = name.split('/');
    const differs = this.#common.findIndex((part, index) => parts[index] !== part);
    if (differs >= 0) this.#common = this.#common.slice(0, differs);
  }
}

/** The path of a listed name: text, for names are UTF-8 by now. */
const pathOf = (name: string): string => pathOfRcloneName(textOf(name));
