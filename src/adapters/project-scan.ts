import type { FileHandle } from 'node:fs/promises';
import { HANDED, runProjectTool } from './project-tool.js';
import { SetDigest } from './set-digest.js';

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

const FIELDS = ['%y', '%D', '%i', '%m', '%U', '%G', '%s', '%n', '%T@', '%C@', '%l', '%P', '%b'] as const;
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
      rest = readEntries(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), (fields) =>
        tally.add(fields),
      );
    },
  });
  return tally.result();
}

/** Calls back for each whole entry and returns what is left over. */
function readEntries(data: Buffer, onEntry: (fields: Buffer[]) => void): Buffer {
  let start = 0;
  for (;;) {
    const fields: Buffer[] = [];
    let at = start;
    while (fields.length < FIELDS.length) {
      const end = data.indexOf(NUL, at);
      if (end === -1) return Buffer.from(data.subarray(start));
      fields.push(data.subarray(at, end));
      at = end + 1;
    }
    onEntry(fields);
    start = at;
  }
}

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

  add(fields: Buffer[]): void {
    const [kind, device, inode, , , , size, names] = fields.map((field) => field.toString('latin1'));
    const [, , , mode, user, group, length, , modified, changed, target, path, blocks] = fields;
    if (
      !kind ||
      !device ||
      !inode ||
      !mode ||
      !user ||
      !group ||
      !length ||
      !modified ||
      !changed ||
      !target ||
      !path ||
      !blocks
    )
      return;
    const isRoot = path.length === 0;
    if (isRoot) this.#device = device;
    const isFile = kind === 'f';
    const common = [fields[0], mode, user, group, isFile ? length : '-', modified, target, path];
    this.#likeness.add(common);
    this.#contents.add([...common, length, inode, names, isRoot ? '-' : changed]); // renaming a folder changes its own
    this.#obstacle ??= obstacleOf(kind, device === this.#device);
    if (kind !== 'd') this.#files += 1;
    const copy = Buffer.from(path);
    if (kind === 'l') this.#onLink?.(copy, Buffer.from(target));
    if (!isFile) return;
    if (names !== '1') {
      const known = this.#namesOf.get(inode);
      if (known) return void known.push(copy);
      this.#namesOf.set(inode, [copy]);
    }
    this.#bytes += Number(size);
    this.#allocated += Math.min(Number(size), Number(blocks) * BLOCK);
    this.#onFile?.(copy, Number(size));
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
