import type { Removal } from '../../domain/hold.js';
import type { PurgeProblems } from '../../domain/purge.js';
import type { EntryStats, PurgeFolder } from './folder.js';
import { type PlanStep, type PlannedFile, type PlannedFolder, identityOf } from './plan.js';
import { ProblemList } from './problems.js';
import { isErrno } from '../state.js';

export interface DeleteOptions {
  steps: Iterable<PlanStep>;
  /**
   * An earlier attempt began with this plan: what is gone was deleted by it, and a folder of the plan is young
   * because of it.
   */
  resumed: boolean;
  /** Before each step, and between each look and its deletion. */
  onStep?: (step: PlanStep, deleted: Removal) => void;
}

export interface DeleteSummary {
  deleted: Removal;
  /** Files that are no longer what the plan saw; they stay. */
  changed: number;
  problems: PurgeProblems;
}

/** A folder that the walk is in. Without a handle it is not what the plan saw, and nothing in it is touched. */
interface Place {
  name: Buffer;
  folder: PurgeFolder | undefined;
  ino: string;
  /** It may be removed in the end. */
  removable: boolean;
  /** Gone with all that the plan has in it. */
  gone: boolean;
}

/**
 * Deletes exactly what a plan names below a folder, each only if it is still what the plan saw: same inode, size and
 * times, reached through handles on folders of the planned inodes, so that no link and no renamed folder leads elsewhere.
 * A look and its deletion are two adjacent system calls; no system knows one that does both. Safe to repeat after a
 * crash at any point with `resumed`.
 */
export function deletePlanned(root: PurgeFolder, options: DeleteOptions): DeleteSummary {
  const deletion = new Deletion(root, options);
  try {
    for (const step of options.steps) deletion.take(step);
    return deletion.summary();
  } finally {
    deletion.close();
  }
}

class Deletion {
  readonly #device: bigint;
  readonly #options: DeleteOptions;
  readonly #problems = new ProblemList();
  readonly #places: Place[];
  readonly #deleted: Removal = { files: 0, bytes: 0 };
  /** Inodes of which this run deleted a name: their change time is its doing. */
  readonly #halved = new Set<string>();
  #changed = 0;

  constructor(root: PurgeFolder, options: DeleteOptions) {
    this.#device = root.stats().dev;
    this.#options = options;
    this.#places = [
      { name: Buffer.alloc(0), folder: root, ino: String(root.stats().ino), removable: false, gone: false },
    ];
  }

  take(step: PlanStep): void {
    this.#options.onStep?.(step, this.#deleted);
    if ('enter' in step) this.#enter(step);
    else if ('file' in step) this.#file(step);
    else this.#leave(step.leave);
  }

  summary(): DeleteSummary {
    return { deleted: this.#deleted, changed: this.#changed, problems: this.#problems.summary() };
  }

  /** All but the root, which is its opener's. */
  close(): void {
    for (const { folder } of this.#places.splice(1)) folder?.close();
  }

  #enter(step: PlannedFolder): void {
    const { folder: parent, gone } = this.#here();
    const name = Buffer.from(step.enter, 'base64');
    const { ino } = step;
    const nowhere = { name, ino, folder: undefined, removable: false, gone };
    if (parent === undefined) {
      this.#places.push(nowhere);
      return;
    }
    let folder: PurgeFolder | undefined;
    try {
      folder = parent.open(name);
      const stats = folder.stats();
      if (stats.dev !== this.#device || String(stats.ino) !== ino) throw new Error('it was replaced');
      const removable = this.#options.resumed || isSame(stats, step);
      this.#places.push({ name, ino, folder, removable, gone: false });
    } catch (error) {
      folder?.close();
      const isMissing = isErrno(error, 'ENOENT');
      if (!isMissing && !isErrno(error, 'ELOOP', 'ENOTDIR') && folder === undefined)
        this.#problem(name, error);
      this.#places.push({ ...nowhere, gone: isMissing });
    }
  }

  #file(step: PlannedFile): void {
    const { folder, gone } = this.#here();
    const name = Buffer.from(step.file, 'base64');
    if (folder === undefined) {
      if (gone) this.#missing(step);
      else this.#changed += 1;
      return;
    }
    try {
      const found = folder.look(name);
      if (found === undefined) {
        this.#missing(step);
      } else if (this.#isPlanned(found, step)) {
        folder.unlink(name);
        if (step.links !== '1') this.#halved.add(step.ino);
        this.#count(step);
      } else {
        this.#changed += 1;
      }
    } catch (error) {
      if (isErrno(error, 'ENOENT')) this.#missing(step);
      else this.#problem(name, error);
    }
  }

  #leave(how: 'keep' | 'remove'): void {
    const place = this.#places.pop();
    place?.folder?.close();
    const { folder: parent } = this.#here();
    if (how === 'keep' || place?.folder === undefined || !place.removable || parent === undefined) return;
    try {
      if (String(parent.look(place.name)?.ino) === place.ino) parent.removeFolder(place.name);
    } catch (error) {
      // Something is in it by now, or it is no longer there: then it is not ours to remove.
      if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) this.#problem(place.name, error);
    }
  }

  /** Another name of the same file that this run deleted has changed its ctime and nothing else. */
  #isPlanned(found: EntryStats, step: PlannedFile): boolean {
    if (found.dev !== this.#device || String(found.size) !== step.size) return false;
    if (isSame(found, step)) return true;
    const isOurs = this.#halved.has(step.ino) || this.#options.resumed;
    const { ino, mtimeNs } = identityOf(found);
    return isOurs && found.nlink < BigInt(step.links) && ino === step.ino && mtimeNs === step.mtimeNs;
  }

  #missing(step: PlannedFile): void {
    if (this.#options.resumed) this.#count(step);
  }

  #count(step: PlannedFile): void {
    this.#deleted.files += 1;
    if (step.regular) this.#deleted.bytes += Number(step.size);
  }

  #problem(name: Buffer, error: unknown): void {
    this.#problems.add([...this.#places.slice(1).map((place) => place.name), name], error);
  }

  #here(): Place {
    const place = this.#places.at(-1);
    if (place === undefined) throw new Error('the plan leaves a folder that it did not enter');
    return place;
  }
}

function isSame(found: EntryStats, planned: { ino: string; mtimeNs: string; ctimeNs: string }): boolean {
  const { ino, mtimeNs, ctimeNs } = identityOf(found);
  return ino === planned.ino && mtimeNs === planned.mtimeNs && ctimeNs === planned.ctimeNs;
}
