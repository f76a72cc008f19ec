import type { Amount } from '../../domain/restore.js';
import { SetDigest } from '../set-digest.js';

export type EntryKind = 'file' | 'dir' | 'symlink' | 'fifo' | 'dev' | 'chardev';

/** An entry of a tree, as the snapshot tells it or as it is on the disk. */
export interface TreeEntry {
  kind: EntryKind;
  /** Below the root of the tree, in the form in which restic tells names. */
  path: string;
  /** Bytes. */
  size: number;
  /** As in chmod(1). */
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since the epoch. */
  modifiedNs: bigint;
  /** Names that share it are one file; undefined where that is not known. */
  inode: string | undefined;
}

/** What a tree holds, in a few words that are equal only for equal trees. */
export interface TallyResult extends Amount {
  entries: number;
  /** Names, kinds and sizes. */
  contents: string;
  /** Modes, owners and times. */
  attributes: string;
}

/** Only root gives files away, and keeps the set-id bits of others' files. */
const PERMISSIONS = 0o777;

/** Counts the entries of a tree in whatever order they come. */
export class TreeTally {
  readonly #contents = new SetDigest();
  readonly #attributes = new SetDigest();
  readonly #seen = new Set<string>();
  #entries = 0;
  #files = 0;
  #bytes = 0;

  /** `asRoot`: owners count. */
  constructor(readonly asRoot: boolean) {}

  add({ kind, path, size, mode, uid, gid, modifiedNs, inode }: TreeEntry): void {
    this.#entries += 1;
    this.#contents.add([kind, path, kind === 'file' ? String(size) : '-']);
    const owners = this.asRoot ? [String(mode), String(uid), String(gid)] : [String(mode & PERMISSIONS)];
    this.#attributes.add([path, ...(kind === 'symlink' ? owners.slice(1) : owners), String(modifiedNs)]);
    if (kind === 'dir') return;
    this.#files += 1;
    if (kind !== 'file' || (inode !== undefined && this.#seen.has(inode))) return;
    if (inode !== undefined) this.#seen.add(inode);
    this.#bytes += size;
  }

  get files(): number {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  result(): TallyResult {
    return {
      entries: this.#entries,
      files: this.#files,
      bytes: this.#bytes,
      contents: this.#contents.toString(),
      attributes: this.#attributes.toString(),
    };
  }
}
