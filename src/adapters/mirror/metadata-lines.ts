import { printableName } from '../../domain/names.js';
import { type SortedLines, sortLines } from '../sorted-lines.js';

/**
 * What is known of an entry comes in pieces, from several tools and in any order. Sorted by path and rank, the pieces
 * of an entry stand together and in one order. `manifest` is about the whole and belongs to the root.
 */
const RANKS = { entry: 0, hardLink: 1, xattrs: 2, unreadable: 3, manifest: 4 } as const;
type Piece = keyof typeof RANKS;

/** The lines of a manifest while they are being put together, in memory that does not grow with their number. */
export class ManifestLines {
  readonly #pieces: SortedLines;
  /** Inode and path of each file that has several names. */
  readonly #links: SortedLines;
  entries = 0;

  private constructor(pieces: SortedLines, links: SortedLines) {
    this.#pieces = pieces;
    this.#links = links;
  }

  /** `folder` is for temporary files. */
  static async open(folder: string): Promise<ManifestLines> {
    return new ManifestLines(await sortLines(folder), await sortLines(folder));
  }

  add(path: Buffer, piece: Piece, keys: object): void {
    this.#add(path.toString('hex'), piece, keys);
  }

  /** Of a file that may have another name in the tree. */
  addName(path: Buffer, inode: Buffer): void {
    this.#links.add(`${inode.toString()}\t${path.toString('hex')}`);
  }

  /** Await it now and then. */
  async flush(): Promise<void> {
    await this.#pieces.flush();
    await this.#links.flush();
  }

  /** The manifest, in blocks of whole lines; nothing may be added any more. */
  async *text(): AsyncGenerator<string> {
    await this.#addHardLinks();
    let key: string | undefined;
    let line = '';
    for await (const block of this.#pieces.blocks()) {
      const whole: string[] = [];
      for (const row of block) {
        const tab = row.indexOf('\t');
        const isNext = row.slice(0, tab) !== key;
        if (isNext && key !== undefined) whole.push(line, '}\n');
        line = isNext ? opening(row, tab) : line + row.slice(tab + 2);
        if (isNext) this.entries += 1;
        key = row.slice(0, tab);
      }
      yield whole.join('');
    }
    if (key !== undefined) yield `${line}}\n`;
  }

  readonly kill = async (): Promise<void> => {
    await Promise.all([this.#pieces.kill(), this.#links.kill()]);
  };

  #add(key: string, piece: Piece, keys: object): void {
    const json = JSON.stringify(keys).slice(1, -1);
    this.#pieces.add(`${key}\t${String(RANKS[piece])}${piece === 'entry' ? '{' : ','}${json}`);
  }

  /** Tells each name of a file that has several by the first of them. */
  async #addHardLinks(): Promise<void> {
    let inode: string | undefined;
    let first = '';
    let isTold = false;
    for await (const block of this.#links.blocks()) {
      for (const row of block) {
        const [number = '', key = ''] = row.split('\t');
        if (number !== inode) {
          [inode, first, isTold] = [number, key, false];
          continue;
        }
        const { path, encoded } = printableName(Buffer.from(first, 'hex'));
        const keys = { hardLink: path, ...(encoded && { hardLinkEncoded: true }) };
        if (!isTold) this.#add(first, 'hardLink', keys);
        isTold = true;
        this.#add(key, 'hardLink', keys);
      }
      await this.flush();
    }
  }
}

/** The beginning of a line. An entry that could not be looked at has but its name. */
function opening(row: string, tab: number): string {
  if (row[tab + 1] === String(RANKS.entry)) return row.slice(tab + 2);
  const name = JSON.stringify({ ...printableName(Buffer.from(row.slice(0, tab), 'hex')), type: 'unknown' });
  return `${name.slice(0, -1)}${row.slice(tab + 2)}`;
}
