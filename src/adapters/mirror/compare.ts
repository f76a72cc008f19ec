import type { Removal } from '../../domain/hold.js';
import { type MirrorPlan, type Omitted, UPLOAD_CLASSES, type UploadClass } from '../../domain/mirror.js';
import { type MirrorFiles, NameList } from './files.js';
import { MANIFEST, type ListedFile, OWNER } from './listing.js';
import { LossTally } from './loss.js';
import { type Pair, paired } from './merge.js';
import { LARGE } from './range.js';
import { type FrozenRepository, classOf, deletionOf, liesIn } from './repositories.js';
import { Reservoir } from '../reservoir.js';
import { type Destination, isName, mirrored } from './source.js';
import { sameTime } from './times.js';

export interface ComparisonRequest extends Destination {
  files: MirrorFiles;
  precisionNs: number | undefined;
  frozen: readonly FrozenRepository[];
  /** Those of them whose snapshots, indexes and deletions wait. */
  pruned: readonly FrozenRepository[];
  isUnreadable: (name: string) => boolean;
  watch: ReadonlySet<string>;
}

export type Comparison = Pick<
  MirrorPlan,
  'source' | 'remote' | 'new' | 'changed' | 'touched' | 'delete' | 'losses' | 'omitted'
> & {
  /** Those of the watched names that are the same on both sides. */
  watched: ListedFile[];
  /** One of the large files that are the same, or that the remote does not have. */
  large: ListedFile | undefined;
  /** What the remote has of the metadata. */
  manifest: ListedFile | undefined;
  /** What it has of the owner's mark. */
  owner: ListedFile | undefined;
};

/** Compares the two listings of a plan, name by name, and writes its lists. In bounded memory. */
export async function compareListings(request: ComparisonRequest): Promise<Comparison> {
  const comparing = new Comparing(request);
  try {
    for await (const pair of paired(request.files.source, request.files.remote)) comparing.take(pair);
  } finally {
    comparing.close();
  }
  return comparing.result();
}

/** A list of names and what they amount to. */
class Tally {
  readonly total: Removal = { files: 0, bytes: 0 };
  readonly #list: NameList;

  constructor(file: string) {
    this.#list = new NameList(file);
  }

  add({ name, size }: ListedFile): void {
    this.#list.add(name);
    count(this.total, size);
  }

  close(): void {
    this.#list.close();
  }
}

class Comparing {
  readonly #request: ComparisonRequest;
  readonly #source: Removal = { files: 0, bytes: 0 };
  readonly #remote: Removal = { files: 0, bytes: 0 };
  readonly #new: Tally[];
  readonly #changed: Tally[];
  readonly #delete: Tally[];
  readonly #touched: Tally;
  readonly #losses = { deletions: new LossTally(), overwrites: new LossTally(), both: new LossTally() };
  readonly #omitted: Omitted = {};
  readonly #watched: ListedFile[] = [];
  readonly #large = new Reservoir<ListedFile>(1);
  #manifest: ListedFile | undefined;
  #owner: ListedFile | undefined;

  constructor(request: ComparisonRequest) {
    const { files, frozen } = request;
    this.#request = request;
    this.#new = UPLOAD_CLASSES.map((kind) => new Tally(files.new(kind)));
    this.#changed = UPLOAD_CLASSES.map((kind) => new Tally(files.changed(kind)));
    this.#delete = UPLOAD_CLASSES.map((step) => new Tally(files.delete(step)));
    this.#touched = new Tally(files.touched);
    const indexes = new NameList(files.frozen);
    for (const name of frozen.flatMap((repository) => [...repository.indexes])) indexes.add(name);
    indexes.close();
  }

  take({ name, source: listed, remote }: Pair): void {
    if (name === MANIFEST) this.#manifest = remote;
    if (name === OWNER) this.#owner = remote;
    if (name === MANIFEST || name === OWNER) return;
    if (remote && !isName(name)) return; // neither made here nor to be had by name
    if (remote) count(this.#remote, remote.size);
    const source = mirrored(listed, this.#request, this.#omitted);
    if (source) count(this.#source, source.size);
    if (source) this.#upload(source, remote);
    else if (remote && listed.length === 0) this.#remove(remote);
  }

  close(): void {
    for (const tally of [...this.#new, ...this.#changed, ...this.#delete, this.#touched]) tally.close();
  }

  result(): Comparison {
    return {
      ...{ source: this.#source, remote: this.#remote, touched: this.#touched.total },
      new: three(this.#new),
      changed: three(this.#changed),
      delete: three(this.#delete),
      losses: {
        deletions: this.#losses.deletions.loss,
        overwrites: this.#losses.overwrites.loss,
        both: this.#losses.both.loss,
      },
      omitted: this.#omitted,
      watched: this.#watched,
      large: this.#large.items[0],
      manifest: this.#manifest,
      owner: this.#owner,
    };
  }

  #upload(source: ListedFile, remote: ListedFile | undefined): void {
    const { frozen, pruned, precisionNs } = this.#request;
    const kind = classOf(frozen, source.name);
    if (kind === 'later' || (kind !== 1 && liesIn(pruned, source.name))) return;
    if (remote === undefined) {
      this.#new[kind - 1]?.add(source);
      if (source.size > LARGE) this.#large.offer(source);
      return;
    }
    if (source.size !== remote.size) this.#changed[kind - 1]?.add(source);
    else if (!sameTime(source.mtime, remote.mtime, precisionNs)) this.#touched.add(source);
    else {
      if (this.#request.watch.has(source.name)) this.#watched.push(source);
      if (source.size > LARGE) this.#large.offer(source);
      return;
    }
    this.#losses.overwrites.add(remote, 'overwrite');
    this.#losses.both.add(remote, 'overwrite');
  }

  #remove(remote: ListedFile): void {
    const { frozen, pruned, isUnreadable } = this.#request;
    if (isUnreadable(remote.name) || liesIn(pruned, remote.name)) return;
    const step: UploadClass = deletionOf(frozen, remote.name);
    this.#delete[step - 1]?.add(remote);
    this.#losses.deletions.add(remote, 'delete');
    this.#losses.both.add(remote, 'delete');
  }
}

function count(total: Removal, size: number): void {
  total.files += 1;
  total.bytes += Math.max(0, size);
}

const three = ([first, second, third]: readonly Tally[]): [Removal, Removal, Removal] => [
  first?.total ?? NOTHING,
  second?.total ?? NOTHING,
  third?.total ?? NOTHING,
];

const NOTHING: Removal = { files: 0, bytes: 0 };
