import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { Catalogue } from './catalogue.js';
import type { Clock } from './clock.js';
import { Contents } from './contents.js';
import { ChangeSchema, type Change } from './records.js';

/** All that is stored, in one folder: a journal of changes and the content of files. One process a folder. */
export class Store {
  private constructor(
    readonly catalogue: Catalogue,
    readonly contents: Contents,
    readonly clock: Clock,
    private readonly journal: number,
  ) {}

  /** Opens what an earlier process left, also one that was killed; makes the folder where there is none. */
  static async open(directory: string, clock: Clock): Promise<Store> {
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, 'journal.jsonl');
    const catalogue = new Catalogue();
    if (existsSync(file)) await replay(file, catalogue, clock);
    return new Store(
      catalogue,
      new Contents(directory, catalogue.pieces()),
      clock,
      openSync(file, 'a', 0o600),
    );
  }

  /** Writes a change down, and makes it. */
  record(change: Change): void {
    writeSync(this.journal, `${JSON.stringify(change)}\n`);
    this.contents.adjust(this.catalogue.apply(change));
  }

  close(): void {
    closeSync(this.journal);
  }
}

/** A last line without its end was being written when the process died: what it says never happened. */
async function replay(file: string, catalogue: Catalogue, clock: Clock): Promise<void> {
  let length = 0;
  for await (const line of wholeLines(file)) {
    const change = ChangeSchema.parse(JSON.parse(line.toString()));
    if (change.change === 'version') clock.seen(change.version.uploadTimestamp);
    catalogue.apply(change);
    length += line.length + 1;
  }
  truncateSync(file, length);
}

/** By hand, because `node:readline` ends a line at U+2028 too, and gives the last one whether it is whole or not. */
async function* wholeLines(file: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end; (end = rest.indexOf('\n', start)) >= 0; start = end + 1) yield rest.subarray(start, end);
    rest = rest.subarray(start);
  }
}
