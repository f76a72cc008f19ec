import { randomInt } from 'node:crypto';
import { projectOf } from '../../domain/drill-coverage.js';
import { OWN_FOLDER, SENTINEL_NAME } from '../../domain/sentinel.js';
import { type SnapshotFile, isCarried } from './files.js';
import { Reservoir } from '../reservoir.js';

/** What is chosen of. */
export interface SelectionTerms {
  sample: number;
  sampleBytes: number;
  /** Folders whose subfolders are projects. */
  folders: readonly (readonly string[])[];
  /** Path of the anchor that was chosen before. */
  anchor: string | undefined;
}

/** A file to drill, and how it is named below the volume's root. */
export interface Chosen extends SnapshotFile {
  within: string;
  project: string | undefined;
}

export interface Selection {
  files: Chosen[];
  anchor: Chosen | undefined;
  /** Of the sample, those whose names restic's lists cannot carry. */
  unnameable: number;
}

/** A file of that size or less, with a path that is no longer, may become the anchor: it is restored by every drill. */
const ANCHOR_BYTES = 16 * 1024 ** 2;
const ANCHOR_PATH = 200;

/** Folders and files at a volume's root that are none of its contents. */
const isOurs = (name: string | undefined): boolean =>
  name === 'lost+found' || name === SENTINEL_NAME || name?.startsWith(OWN_FOLDER) === true;

/**
 * Chooses the files of a drill from a snapshot's list as it passes by. Keeps a sample, and one or two files of each
 * project; so that the room it takes grows with the number of projects, and not with that of files.
 */
export class DrillSelection {
  readonly #random: Reservoir<Chosen>;
  readonly #projects = new Map<string, { some: Reservoir<Chosen>; smallest: Chosen | undefined }>();
  #smallest: Chosen | undefined;
  #anchor: Chosen | undefined;
  #stable: Chosen | undefined;

  constructor(readonly terms: SelectionTerms) {
    this.#random = new Reservoir(terms.sample);
  }

  /** `within` is the file's path below the volume's root. */
  offer(file: SnapshotFile, within: string): void {
    const names = within.split('/');
    if (isOurs(names[0])) return;
    const { sampleBytes, folders, anchor } = this.terms;
    const project = projectOf(names, folders);
    const chosen: Chosen = { ...plain(file), within, project };
    const fits = chosen.size <= sampleBytes;
    if (fits) this.#random.offer(chosen);
    if (project !== undefined) this.#offerToProject(project, chosen, fits);
    if (!isCarried(chosen)) return;
    this.#smallest = smaller(this.#smallest, chosen);
    if (within === anchor) this.#anchor = chosen;
    const isSmall = chosen.size <= Math.min(ANCHOR_BYTES, sampleBytes) && within.length <= ANCHOR_PATH;
    if (isSmall) this.#stable = older(this.#stable, chosen);
  }

  #offerToProject(project: string, file: Chosen, fits: boolean): void {
    const known = this.#projects.get(project) ?? { some: new Reservoir<Chosen>(1), smallest: undefined };
    if (isCarried(file)) {
      if (fits) known.some.offer(file);
      known.smallest = smaller(known.smallest, file);
    }
    this.#projects.set(project, known);
  }

  /** All projects that have a file with content, in random order. */
  projects(): string[] {
    const names = [...this.#projects.keys()];
    for (let index = names.length - 1; index > 0; index -= 1) {
      const other = randomInt(index + 1);
      [names[index], names[other]] = [names[other] ?? '', names[index] ?? ''];
    }
    return names;
  }

  /**
   * The anchor; a file of each of the projects that are due, the smallest of one that has none within the bounds; and
   * others at random, as long as there is room for them.
   */
  choose(due: readonly string[]): Selection {
    const { sample, sampleBytes } = this.terms;
    const anchor = this.#anchor ?? this.#stable;
    const files = new Map<string, Chosen>();
    for (const project of due) {
      const known = this.#projects.get(project);
      const file = known?.some.items[0] ?? known?.smallest;
      if (file) files.set(file.path, file);
    }
    let unnameable = 0;
    let bytes = [...files.values(), ...(anchor ? [anchor] : [])].reduce((sum, { size }) => sum + size, 0);
    for (const file of this.#random.items) {
      if (files.size + unnameable >= sample) break;
      if (files.has(file.path)) continue;
      if (!isCarried(file)) {
        unnameable += 1;
      } else if (bytes + file.size <= sampleBytes) {
        files.set(file.path, file);
        bytes += file.size;
      }
    }
    if (files.size === 0 && this.#smallest) files.set(this.#smallest.path, this.#smallest);
    if (anchor) files.set(anchor.path, anchor);
    return { files: [...files.values()], anchor, unnameable };
  }
}

const plain = ({ path, size, mtime, ctime }: SnapshotFile): SnapshotFile => ({ path, size, mtime, ctime });

const smaller = (one: Chosen | undefined, other: Chosen): Chosen =>
  one !== undefined && one.size <= other.size ? one : other;

const older = (one: Chosen | undefined, other: Chosen): Chosen =>
  one !== undefined && Date.parse(one.mtime) <= Date.parse(other.mtime) ? one : other;
