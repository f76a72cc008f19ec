import { linesOf } from './files.js';
import { type ListedFile, listedFile } from './listing.js';

/** One name, and what either side has under it. The volume may have two files that rclone names alike. */
export interface Pair {
  name: string;
  source: ListedFile[];
  remote: ListedFile | undefined;
}

/** Goes through two sorted listings at once, in bounded memory: each name once, in the order of its bytes. */
export async function* paired(sourceFile: string, remoteFile: string): AsyncGenerator<Pair> {
  const source = new Listing(sourceFile);
  const remote = new Listing(remoteFile);
  for (;;) {
    // Waiting costs more than comparing does, and is seldom needed.
    if (source.isDry) await source.read();
    if (remote.isDry) await remote.read();
    const name = first(source.head?.name, remote.head?.name);
    if (name === undefined) return;
    const pair: Pair = { name, source: [], remote: undefined };
    while (source.head?.name === name) {
      pair.source.push(source.take());
      if (source.isDry) await source.read();
    }
    while (remote.head?.name === name) {
      const file = remote.take();
      pair.remote ??= file;
      if (remote.isDry) await remote.read();
    }
    yield pair;
  }
}

function first(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** A listing that is gone through once. Throws if it is not sorted. */
class Listing {
  /** The next file; undefined at the end, and while it is dry. */
  head: ListedFile | undefined;
  readonly #file: string;
  readonly #chunks: AsyncGenerator<string[], undefined>;
  #lines: string[] = [];
  #at = 0;
  #atEnd = false;

  constructor(file: string) {
    this.#file = file;
    this.#chunks = linesOf(file);
  }

  /** Whether more must be read before there is a head. */
  get isDry(): boolean {
    return this.head === undefined && !this.#atEnd;
  }

  async read(): Promise<void> {
    const chunk = await this.#chunks.next();
    this.#atEnd = chunk.done === true;
    this.#lines = chunk.value ?? [];
    this.#at = 0;
    this.#advance();
  }

  take(): ListedFile {
    const file = this.head;
    if (file === undefined) throw new Error(`${this.#file} is at its end`);
    this.#advance();
    if (this.head && this.head.name < file.name) throw new Error(`${this.#file} is not sorted`);
    return file;
  }

  #advance(): void {
    const line = this.#lines[this.#at];
    this.#at += 1;
    this.head = line === undefined ? undefined : listedFile(line);
  }
}
