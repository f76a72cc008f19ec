import { byBytes } from './file-names.js';
import type { Bucket, Change, FileVersion, Part, Piece } from './records.js';

interface Shelf {
  bucket: Bucket;
  /** In the order of their bytes. */
  names: string[];
  /** Newest first. */
  versions: Map<string, FileVersion[]>;
}

/** Which pieces a change brought into use and put out of use. */
export interface Effect {
  gained: Piece[];
  lost: Piece[];
}

/** What is stored, in memory: buckets, versions of files, parts of unfinished ones. Changes only by `apply`. */
export class Catalogue {
  readonly #shelves = new Map<string, Shelf>();
  readonly #versions = new Map<string, FileVersion>();
  readonly #parts = new Map<string, Map<number, Part>>();

  buckets(): Bucket[] {
    return [...this.#shelves.values()].map(({ bucket }) => bucket);
  }

  bucket(bucketId: string): Bucket | undefined {
    return this.#shelves.get(bucketId)?.bucket;
  }

  bucketNamed(name: string): Bucket | undefined {
    return this.buckets().find(({ bucketName }) => bucketName === name);
  }

  /** Names that have a version, in the order of their bytes. */
  names(bucketId: string): readonly string[] {
    return this.#shelves.get(bucketId)?.names ?? [];
  }

  /** Newest first. */
  versions(bucketId: string, name: string): readonly FileVersion[] {
    return this.#shelves.get(bucketId)?.versions.get(name) ?? [];
  }

  /** What a download by name would find: the newest version that is finished, which may be a hide marker. */
  current(bucketId: string, name: string): FileVersion | undefined {
    return this.versions(bucketId, name).find(({ action }) => action !== 'start');
  }

  version(fileId: string): FileVersion | undefined {
    return this.#versions.get(fileId);
  }

  /** Parts of an unfinished large file, by number. */
  parts(fileId: string): Part[] {
    return [...(this.#parts.get(fileId)?.values() ?? [])].sort((a, b) => a.partNumber - b.partNumber);
  }

  /** Every use of a piece; one that is used twice comes twice. */
  *pieces(): Generator<Piece> {
    for (const version of this.#versions.values()) yield* version.pieces;
    for (const parts of this.#parts.values()) for (const { piece } of parts.values()) yield piece;
  }

  apply(change: Change): Effect {
    switch (change.change) {
      case 'bucket':
        this.#putBucket(change.bucket);
        return { gained: [], lost: [] };
      case 'bucket-gone':
        this.#shelves.delete(change.bucketId);
        return { gained: [], lost: [] };
      case 'version':
        return { lost: this.#drop(change.version.fileId, change.version), gained: change.version.pieces };
      case 'version-gone':
        return { lost: this.#drop(change.fileId), gained: [] };
      case 'part':
        return this.#putPart(change.fileId, change.part);
    }
  }

  #putBucket(bucket: Bucket): void {
    const shelf = this.#shelves.get(bucket.bucketId);
    if (shelf) shelf.bucket = bucket;
    else this.#shelves.set(bucket.bucketId, { bucket, names: [], versions: new Map() });
  }

  #putPart(fileId: string, part: Part): Effect {
    const parts = this.#parts.get(fileId) ?? new Map<number, Part>();
    this.#parts.set(fileId, parts);
    const before = parts.get(part.partNumber);
    parts.set(part.partNumber, part);
    return { gained: [part.piece], lost: before ? [before.piece] : [] };
  }

  /** Takes a version away, or puts another into its place; returns what the one before used. */
  #drop(fileId: string, successor?: FileVersion): Piece[] {
    const before = this.#versions.get(fileId);
    const lost = [...(before?.pieces ?? []), ...this.parts(fileId).map(({ piece }) => piece)];
    this.#parts.delete(fileId);
    const version = successor ?? before;
    const shelf = version && this.#shelves.get(version.bucketId);
    if (!shelf) return lost;

    const others = this.versions(version.bucketId, version.fileName).filter((it) => it.fileId !== fileId);
    const all = successor ? [...others, successor] : others;
    all.sort((a, b) => b.uploadTimestamp - a.uploadTimestamp);
    if (successor) this.#versions.set(fileId, successor);
    else this.#versions.delete(fileId);

    const { fileName } = version;
    const place = firstIndex(shelf.names, fileName);
    const known = shelf.names[place] === fileName;
    if (all.length > 0 && !known) shelf.names.splice(place, 0, fileName);
    if (all.length === 0 && known) shelf.names.splice(place, 1);
    if (all.length > 0) shelf.versions.set(fileName, all);
    else shelf.versions.delete(fileName);
    return lost;
  }
}

/** Index of the first name that is not before `wanted`. */
export function firstIndex(names: readonly string[], wanted: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byBytes(names[middle] ?? '', wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
