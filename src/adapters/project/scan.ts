import type { FileHandle } from 'node:fs/promises';
import { HANDED, runProjectTool } from './tool.js';
import { SetDigest } from '../set-digest.js';

/** What is in a project. */
export interface ProjectScan {
  /** All that is not a folder. */
  files: number;
  /** Of regular files; a file with several names in the project counts once. */
  bytes: number;
  /** What regular files take up on the disk, holes left out. */
  allocated: number;
  /** Equal as long as nothing in the project was touched: inodes and times of change are in it. */
  contents: string;
  /** Equal for a project and a copy that has all: names, kinds, modes, owners, sizes, nanosecond times, links, hard links. */
  likeness: string;
  /** What no copy can have, for people. */
  obstacle?: string;
}

export interface ScanOptions {
  signal?: AbortSignal | undefined;
  /** Hears of each regular file, by its path below the project; of one with several names once. */
  onFile?: (path: Buffer, size: number) => void;
  /** Hears of each link and where it leads to. */
  onLink?: (path: Buffer, target: Buffer) => void;
}

/**
 * What find tells of an entry, in such an order that each digest takes a stretch of it as it came: what a copy has too,
 * with the size of a file last; then what only this entry has.
 */
const FIELDS = ['%y', '%m', '%U', '%G', '%T@', '%l', '%P', '%s', '%i', '%n', '%C@', '%D', '%b'] as const;
const KIND = FIELDS.indexOf('%y');
const TARGET = FIELDS.indexOf('%l');
const PATH = FIELDS.indexOf('%P');
const SIZE = FIELDS.indexOf('%s');
const INODE = FIELDS.indexOf('%i');
const NAMES = FIELDS.indexOf('%n');
const CHANGED = FIELDS.indexOf('%C@');
const DEVICE = FIELDS.indexOf('%D');
const BLOCKS = FIELDS.indexOf('%b');
/** Of `%b`, whatever the filesystem's own are (bytes). */
const BLOCK = 512;
const FORMAT = FIELDS.map((field) => `${field}\\0`).join('');
const NUL = 0;

/**
 * Whether something in the project was changed after `cutoff` (seconds since the epoch), by its content or by its
 * status: archives and copies set the time of the content back, and nobody can set back the other. Ends at the first find.
 */
export async function isActive(folder: FileHandle, cutoff: number, signal?: AbortSignal): Promise<boolean> {
  let found = false;
  const moment = `@${cutoff.toFixed(6)}`;
  await runProjectTool({
    file: 'find',
    args: [
      '-P',
      HANDED,
      '-xdev',
      '-ignore_readdir_race', // what is deleted meanwhile leaves a younger folder behind
      '(',
      '-newermt',
      moment,
      '-o',
      '-newerct',
      moment,
      ')',
      '-printf',
      'x',
      '-quit',
    ],
    folder,
    signal,
    onStdout: () => (found = true),
  }).catch((error: unknown) => {
    if (!found) throw error; // what could not be looked at makes it no colder
  });
  return found;
}

/** Looks at everything in a project, in memory that does not grow with it but for files with several names. */
export async function scanProject(
  folder: FileHandle,
  { signal, onFile, onLink }: ScanOptions = {},
): Promise<ProjectScan> {
  const tally = new Tally(onFile, onLink);
  let rest: Buffer = Buffer.alloc(0);
  await runProjectTool({
    file: 'find',
    args: ['-P', HANDED, '-xdev', '-ignore_readdir_race', '-printf', FORMAT],
    folder,
    signal,
    onStdout: (chunk) => {
      rest = readEntries(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), (entry) => {
        tally.add(entry);
      });
    },
  });
  return tally.result();
}

/** An entry as find told it. */
interface Entry {
  data: Buffer;
  /** Where it begins in `data`. */
  start: number;
  /** Where each field ends: its NUL. */
  ends: Uint32Array;
}

/** Calls back for each whole entry, which is the same object every time, and returns what is left over. */
function readEntries(data: Buffer, onEntry: (entry: Entry) => void): Buffer {
  const entry: Entry = { data, start: 0, ends: new Uint32Array(FIELDS.length) };
  let field = 0;
  for (let at = data.indexOf(NUL); at !== -1; at = data.indexOf(NUL, at + 1)) {
    entry.ends[field] = at;
    field += 1;
    if (field < FIELDS.length) continue;
    onEntry(entry);
    entry.start = at + 1;
    field = 0;
  }
  return Buffer.from(data.subarray(entry.start));
}

const beginOf = ({ start, ends }: Entry, field: number): number =>
  field === 0 ? start : (ends[field - 1] ?? 0) + 1;
const endOf = ({ ends }: Entry, field: number): number => ends[field] ?? 0;
const bytesOf = (entry: Entry, field: number): Buffer =>
  entry.data.subarray(beginOf(entry, field), endOf(entry, field));
const textOf = (entry: Entry, field: number): string =>
  entry.data.toString('latin1', beginOf(entry, field), endOf(entry, field));

class Tally {
  readonly #contents = new SetDigest();
  readonly #likeness = new SetDigest();
  readonly #namesOf = new Map<string, Buffer[]>();
  #device: string | undefined;
  #obstacle: string | undefined;
  #files = 0;
  #bytes = 0;
  #allocated = 0;

  readonly #onFile: ScanOptions['onFile'];
  readonly #onLink: ScanOptions['onLink'];

  constructor(onFile: ScanOptions['onFile'], onLink: ScanOptions['onLink']) {
    this.#onFile = onFile;
    this.#onLink = onLink;
  }

  add(entry: Entry): void {
    const { data, start } = entry;
    const kind = textOf(entry, KIND);
    const device = textOf(entry, DEVICE);
    const isRoot = beginOf(entry, PATH) === endOf(entry, PATH);
    if (isRoot) this.#device = device;
    const isFile = kind === 'f';
    this.#likeness.addBytes(data.subarray(start, endOf(entry, isFile ? SIZE : PATH)));
    this.#contents.addBytes(data.subarray(start, endOf(entry, isRoot ? NAMES : CHANGED))); // renaming a folder changes its own
    this.#obstacle ??= obstacleOf(kind, device === this.#device);
    if (kind !== 'd') this.#files += 1;
    if (kind === 'l') this.#onLink?.(Buffer.from(bytesOf(entry, PATH)), Buffer.from(bytesOf(entry, TARGET)));
    if (!isFile) return;
    const path = (): Buffer => Buffer.from(bytesOf(entry, PATH));
    if (textOf(entry, NAMES) !== '1') {
      const inode = textOf(entry, INODE);
      const known = this.#namesOf.get(inode);
      if (known) return void known.push(path());
      this.#namesOf.set(inode, [path()]);
    }
    const size = Number(textOf(entry, SIZE));
    this.#bytes += size;
    this.#allocated += Math.min(size, Number(textOf(entry, BLOCKS)) * BLOCK);
    this.#onFile?.(path(), size);
  }

  result(): ProjectScan {
    for (const names of this.#namesOf.values()) {
      if (names.length > 1) this.#likeness.add(['hard links', ...names.sort((a, b) => a.compare(b))]);
    }
    return {
      files: this.#files,
      bytes: this.#bytes,
      allocated: this.#allocated,
      contents: this.#contents.toString(),
      likeness: this.#likeness.toString(),
      ...(this.#obstacle !== undefined && { obstacle: this.#obstacle }),
    };
  }
}

function obstacleOf(kind: string, sameDevice: boolean): string | undefined {
  if (!sameDevice) return 'another filesystem is mounted in it';
  if (kind === 's') return 'there is a socket in it';
  if (kind === 'b' || kind === 'c') return 'there is a device in it';
  return ['f', 'd', 'l', 'p'].includes(kind) ? undefined : `there is something of unknown kind in it`;
}
