import { type ListedFile, listedFile } from './listing.js';
import { linesOf } from './files.js';

/** The names of a list, one by one. */
export async function* namesIn(list: string): AsyncGenerator<string, void, undefined> {
  for await (const lines of linesOf(list)) yield* lines;
}

/** A listing, file by file. */
export async function* listedFiles(file: string): AsyncGenerator<ListedFile, void, undefined> {
  for await (const lines of linesOf(file)) for (const line of lines) yield listedFile(line);
}

/** The names of a list as something `Ascending` can look in. */
export async function* named(list: string): AsyncGenerator<{ name: string }, void, undefined> {
  for await (const name of namesIn(list)) yield { name };
}

/** Looks for names in something sorted by them; ask in ascending order. Memory does not grow. */
export class Ascending<T extends { name: string }> {
  readonly #entries: AsyncIterator<T, unknown>;
  #current: T | undefined;
  #begun = false;

  constructor(entries: AsyncIterable<T>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  async find(name: string): Promise<T | undefined> {
    while (!this.#begun || (this.#current !== undefined && this.#current.name < name)) {
      this.#begun = true;
      const next = await this.#entries.next();
      this.#current = next.done === true ? undefined : next.value;
    }
    return this.#current?.name === name ? this.#current : undefined;
  }
}

/** So many at a time, the last time fewer; the first `skip` are left out. */
export async function* batchesOf<T>(
  items: AsyncIterable<T>,
  size: number,
  skip = 0,
): AsyncGenerator<T[], void, undefined> {
  let batch: T[] = [];
  let left = skip;
  for await (const item of items) {
    if (left > 0) {
      left -= 1;
      continue;
    }
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Whether a name is one of these folders, or lies below one; both as listings have them. */
export const liesBelow = (folders: readonly string[], name: string): boolean =>
  folders.some((folder) => name === folder || name.startsWith(`${folder}/`));

/** Text as listings have it: its bytes as latin1. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');
