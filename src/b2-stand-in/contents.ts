import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Piece } from './records.js';

/** Bytes that were received whole and belong to nobody yet. */
export interface Staged extends Piece {
  file: string;
}

/** A stretch of a file: the first byte and the one after the last. */
export interface Stretch {
  from: number;
  to: number;
}

/** Files' bytes in a folder, each piece once, named by its SHA-1, kept for as long as something uses it. */
export class Contents {
  readonly #uses = new Map<string, number>();
  readonly #staging: string;
  readonly #folder: string;

  /** `used` is all that the catalogue refers to; whatever else lies there is left from a crash, and goes. */
  constructor(directory: string, used: Iterable<Piece>) {
    this.#folder = path.join(directory, 'content');
    this.#staging = path.join(directory, 'staging');
    rmSync(this.#staging, { recursive: true, force: true });
    for (const folder of [this.#folder, this.#staging]) mkdirSync(folder, { recursive: true });
    for (const { sha1 } of used) this.#use(sha1);
    for (const name of readdirSync(this.#folder)) if (!this.#uses.has(name)) rmSync(this.#place(name));
  }

  /** Takes bytes in, as they come. What breaks off leaves nothing behind. */
  async stage(source: AsyncIterable<Buffer>): Promise<Staged> {
    const file = path.join(this.#staging, randomUUID());
    const hash = createHash('sha1');
    let size = 0;
    try {
      await pipeline(
        source,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            size += chunk.length;
            yield chunk;
          }
        },
        createWriteStream(file),
      );
    } catch (error) {
      this.discard({ file });
      throw error;
    }
    return { file, sha1: hash.digest('hex'), size };
  }

  discard({ file }: Pick<Staged, 'file'>): void {
    rmSync(file, { force: true });
  }

  /** Files staged bytes away. Whoever needs the piece must say so by `adjust` before anything else happens. */
  keep({ file, sha1, size }: Staged): Piece {
    renameSync(file, this.#place(sha1));
    return { sha1, size };
  }

  adjust({ gained, lost }: { gained: readonly Piece[]; lost: readonly Piece[] }): void {
    for (const { sha1 } of gained) this.#use(sha1);
    for (const { sha1 } of lost) {
      const uses = (this.#uses.get(sha1) ?? 0) - 1;
      if (uses > 0) this.#uses.set(sha1, uses);
      else {
        this.#uses.delete(sha1);
        rmSync(this.#place(sha1), { force: true });
      }
    }
  }

  /** The bytes of a row of pieces, or a stretch of them. */
  read(pieces: readonly Piece[], stretch?: Stretch): Readable {
    return Readable.from(this.#chunks(pieces, stretch), { objectMode: false });
  }

  /** Flips one bit of a piece on the disk: rot that nobody was told of. */
  async damage({ sha1, size }: Piece): Promise<void> {
    const position = size >> 1;
    const file = await open(this.#place(sha1), 'r+');
    try {
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
      await file.write(Buffer.from([buffer.readUInt8() ^ 1]), 0, 1, position);
    } finally {
      await file.close();
    }
  }

  async *#chunks(pieces: readonly Piece[], stretch?: Stretch): AsyncGenerator<Buffer> {
    let start = 0;
    for (const { sha1, size } of pieces) {
      const from = Math.max(0, (stretch?.from ?? 0) - start);
      const to = Math.min(size, (stretch?.to ?? Infinity) - start);
      if (from < to) yield* createReadStream(this.#place(sha1), { start: from, end: to - 1 });
      start += size;
    }
  }

  #use(sha1: string): void {
    this.#uses.set(sha1, (this.#uses.get(sha1) ?? 0) + 1);
  }

  #place(sha1: string): string {
    return path.join(this.#folder, sha1);
  }
}
