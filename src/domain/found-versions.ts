import { type PrintableName, printableName } from './names.js';

/** Where a version is: in one repository, or on one remote. */
export type FoundIn = { repository: string } | { remote: string };

/** One version of a file, as it is told to programs. */
export type FoundVersion = FoundIn & {
  /** RFC 3339 UTC. */
  modified: string;
  /** Bytes; 0 of what has none. */
  size: number;
  type: string;
  /** Ids of the snapshots that have it, the newest first; none on a remote. */
  snapshots: string[];
  /** On a remote: deleted or overwritten since. */
  hidden?: true;
  /** When a hidden version was uploaded, RFC 3339 UTC. */
  uploaded?: string;
  /** When it was deleted or overwritten, RFC 3339 UTC, where that is known: until then it was there. */
  hiddenAt?: string;
};

/** A file and its versions, the newest first. */
export type Found = PrintableName & { versions: FoundVersion[] };

/** What was met of a file in one place. */
export interface Sighting {
  /** `volume/path`, or where it was absolute: its bytes, or text. */
  path: Uint8Array | string;
  in: FoundIn;
  type: string;
  size: number | undefined;
  modified: string | undefined;
  snapshot?: string;
  hidden?: boolean;
  uploaded?: string;
  hiddenAt?: string;
}

/**
 * Collects what was met into files and their distinct versions: within one repository or remote, two sightings of the
 * same type, size and time are one version. Holds so many files at most; the others are counted, once for each sighting.
 */
export class FoundVersions {
  readonly #files = new Map<string, { name: PrintableName; versions: Map<string, FoundVersion> }>();
  #omitted = 0;

  constructor(private readonly limit: number) {}

  add({
    path,
    in: where,
    type,
    size = 0,
    modified = '',
    snapshot,
    hidden,
    uploaded,
    hiddenAt,
  }: Sighting): void {
    const name = printableName(path);
    const fileKey = keyOf(name);
    let file = this.#files.get(fileKey);
    if (file === undefined) {
      if (this.#files.size >= this.limit) {
        this.#omitted += 1;
        return;
      }
      this.#files.set(fileKey, (file = { name, versions: new Map() }));
    }
    const key = [...Object.entries(where).flat(), type, size, modified, uploaded ?? ''].join('\0');
    let version = file.versions.get(key);
    if (version === undefined) {
      version = { modified, size, type, ...where, snapshots: [] };
      if (hidden === true) version.hidden = true;
      if (uploaded !== undefined) version.uploaded = uploaded;
      if (hiddenAt !== undefined) version.hiddenAt = hiddenAt;
      file.versions.set(key, version);
    }
    if (snapshot !== undefined && !version.snapshots.includes(snapshot)) version.snapshots.push(snapshot);
  }

  /** Whether another sighting of that path would be kept. */
  hasRoomFor(path: Uint8Array | string): boolean {
    return this.#files.size < this.limit || this.#files.has(keyOf(printableName(path)));
  }

  /** So many more were left out. */
  omit(count: number): void {
    this.#omitted += count;
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** Files by their names, versions by their times, the oldest last; of one time, what is still there comes first. */
  files(): Found[] {
    const files = [...this.#files.values()].map(({ name, versions }) => ({
      ...name,
      versions: [...versions.values()].sort(byAge),
    }));
    return files.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
  }
}

/** A name and another that is printed like it are two. */
const keyOf = ({ path, encoded }: PrintableName): string =>
  `${encoded === true ? 'encoded' : 'plain'} ${path}`;

function byAge(one: FoundVersion, other: FoundVersion): number {
  if (one.modified !== other.modified) return one.modified < other.modified ? 1 : -1;
  if (one.hidden !== other.hidden) return one.hidden === true ? 1 : -1;
  return (other.uploaded ?? '').localeCompare(one.uploaded ?? '');
}
