import * as fs from 'node:fs';
import { crashPoint } from '../crash-point.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;

/** What tells an entry from every other and from what it was before. */
export type EntryStats = Pick<
  fs.BigIntStats,
  'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs' | 'nlink' | 'isDirectory' | 'isFile' | 'isSymbolicLink'
> &
  Pick<fs.BigIntStats, 'isSocket' | 'isBlockDevice' | 'isCharacterDevice'>;

/**
 * A folder held by a handle. Its entries are reached through the handle, one name at a time: `/proc/self/fd/N/name` is
 * to Linux what `openat` and `unlinkat` are, as the kernel begins at the folder that N holds, wherever that was moved
 * and whatever stands in its old place. Names are bytes. Every method throws Node's errors.
 */
export class PurgeFolder {
  readonly #fd: number;
  readonly #prefix: Buffer;

  private constructor(fd: number) {
    this.#fd = fd;
    this.#prefix = Buffer.from(`/proc/self/fd/${String(fd)}/`);
  }

  /** Opens a folder by its path; only its last component must not be a link. */
  static at(path: string): PurgeFolder {
    return new PurgeFolder(fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** Opens a folder in this one; ENOTDIR or ELOOP if it is none, or a link. */
  open(name: Buffer): PurgeFolder {
    return new PurgeFolder(fs.openSync(this.#path(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** Of the folder itself. */
  stats(): EntryStats {
    return fs.fstatSync(this.#fd, { bigint: true });
  }

  /** Which mount it lies in: a bind mount from the same filesystem shows no other device. */
  mount(): string | undefined {
    return /^mnt_id:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${String(this.#fd)}`, 'utf8'))?.[1];
  }

  /** Of an entry, a link's own; undefined if it is not there. */
  look(name: Buffer): EntryStats | undefined {
    return fs.lstatSync(this.#path(name), { bigint: true, throwIfNoEntry: false });
  }

  /** In the order of their bytes. */
  names(): Buffer[] {
    return fs.readdirSync(this.#prefix, { encoding: 'buffer' }).sort((a, b) => a.compare(b));
  }

  unlink(name: Buffer): void {
    fs.unlinkSync(this.#path(name));
    crashPoint('purge-unlinked');
  }

  /** Only an empty one. */
  removeFolder(name: Buffer): void {
    fs.rmdirSync(this.#path(name));
    crashPoint('purge-folder-removed');
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #path(name: Buffer): Buffer {
    return Buffer.concat([this.#prefix, name]);
  }
}
