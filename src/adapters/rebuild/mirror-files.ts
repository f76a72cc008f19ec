import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { State } from '../state.js';

/** What a host keeps of a mirror while it rebuilds a volume from it. */
export const rebuildFiles = (state: Pick<State, 'path'>, id: string) => ({
  /** What the remote holds, sorted by name. */
  listing: state.path('rebuilds', `${id}.tsv`),
  /** The metadata manifest, packed part by part. */
  metadata: state.path('rebuilds', `${id}.jsonl.gz`),
});

/** Some bytes of a file: where they begin, and how many. */
export type Slice = [number, number];

/** Adds bytes to slices, which stay few where they follow one another. */
export function addSlice(slices: Slice[], [offset, length]: Slice): void {
  const last = slices.at(-1);
  if (last && last[0] + last[1] === offset) last[1] += length;
  else slices.push([offset, length]);
}

/** So much text is packed at once (characters). */
const MEMBER = 4 * 1024 * 1024;

/**
 * Packs lines into a file of gzip members, of which each holds lines of one run only: any of them side by side are a gzip
 * file again.
 */
export class PackedLines {
  readonly #fd: number;
  #run: string | undefined;
  #text: string[] = [];
  #length = 0;
  #offset = 0;

  /** `onPacked` hears where lines of a run are. */
  constructor(
    file: string,
    readonly onPacked: (run: string, slice: Slice) => void,
  ) {
    this.#fd = fs.openSync(file, 'w', 0o600);
  }

  add(run: string, line: string): void {
    if (run !== this.#run || this.#length > MEMBER) this.#flush();
    this.#run = run;
    this.#text.push(line);
    this.#length += line.length;
  }

  /** Makes it durable. */
  close(): void {
    try {
      this.#flush();
      fs.fsyncSync(this.#fd);
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #flush(): void {
    if (this.#run === undefined || this.#text.length === 0) return;
    const packed = gzipSync(`${this.#text.join('\n')}\n`);
    for (let at = 0; at < packed.length;) at += fs.writeSync(this.#fd, packed, at);
    this.onPacked(this.#run, [this.#offset, packed.length]);
    this.#offset += packed.length;
    this.#text = [];
    this.#length = 0;
  }
}

const CHUNK = 1024 * 1024;

/** Writes some slices of a file, in the order in which they are there, to another; `orElse` where there are none. */
export async function copySlices(
  from: string,
  to: string,
  slices: readonly Slice[],
  orElse = Buffer.alloc(0),
): Promise<void> {
  const source = await open(from, 'r');
  const target = await open(to, 'w', 0o600);
  try {
    if (slices.length === 0) await target.writeFile(orElse);
    for (const [offset, length] of [...slices].sort(([one], [other]) => one - other))
      for (let at = 0; at < length;) {
        const wanted = Math.min(CHUNK, length - at);
        const { bytesRead, buffer } = await source.read(Buffer.alloc(wanted), 0, wanted, offset + at);
        if (bytesRead === 0) throw new Error(`${from} is shorter than it was`);
        await target.write(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
    await target.sync();
  } finally {
    await source.close();
    await target.close();
  }
}
