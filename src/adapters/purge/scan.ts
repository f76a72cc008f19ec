import type { HeldPath, Removal } from '../../domain/hold.js';
import { type PurgeProblems, isOld, isProtectedName } from '../../domain/purge.js';
import { SENTINEL_NAME } from '../../domain/sentinel.js';
import type { EntryStats, PurgeFolder } from './folder.js';
import { type PlannedFolder, type PlanWriter, identityOf } from './plan.js';
import { ProblemList, SLASH, shortPath } from './problems.js';

export interface ScanOptions {
  /** What did not change since is old. Nanoseconds since the epoch. */
  cutoffNs: bigint;
  plan: Pick<PlanWriter, 'write'>;
  onProgress?: (files: number) => void;
}

export interface ScanSummary {
  removal: Removal;
  /** Folders that go. */
  folders: number;
  /** Files there, old or not. */
  total: number;
  biggest: HeldPath[];
  /** Base64: what everything in the plan is, or lies under. */
  commonPath: string;
  problems: PurgeProblems;
}

const BIGGEST = 10;
const SENTINEL = Buffer.from(SENTINEL_NAME);

/**
 * Plans what is old below a folder, which itself stays. Links are judged by their own times and never followed; no other
 * mount, no other volume and nothing protected is entered; sockets and devices stay, as their times say nothing
 * of their use. A folder goes when it is old itself and all in it goes. All is judged by the times seen here: deleting
 * makes every folder young. Changes nothing.
 */
export function scanForOld(root: PurgeFolder, options: ScanOptions): ScanSummary {
  return new Scan(root, options).run(root);
}

class Scan {
  readonly #device: bigint;
  readonly #mount: string | undefined;
  readonly #options: ScanOptions;
  readonly #problems = new ProblemList();
  readonly #path: Buffer[] = [];
  /** Folders on the way that the plan does not enter yet: nothing in them goes so far. */
  readonly #pending: PlannedFolder[] = [];
  readonly #removal: Removal = { files: 0, bytes: 0 };
  #folders = 0;
  #total = 0;
  #biggest: { path: Buffer[]; bytes: number }[] = [];
  #common: Buffer[] | undefined;

  constructor(root: PurgeFolder, options: ScanOptions) {
    this.#device = root.stats().dev;
    this.#mount = root.mount();
    this.#options = options;
  }

  run(root: PurgeFolder): ScanSummary {
    this.#entries(root, root.names());
    const common = (this.#common ?? []).flatMap((name, index) => (index === 0 ? [name] : [SLASH, name]));
    return {
      removal: this.#removal,
      folders: this.#folders,
      total: this.#total,
      biggest: this.#biggest.map(({ path, bytes }) => ({ ...shortPath(path), bytes })),
      commonPath: Buffer.concat(common).toString('base64'),
      problems: this.#problems.summary(),
    };
  }

  /** Whether everything in the folder goes. */
  #entries(folder: PurgeFolder, names: Buffer[]): boolean {
    const subfolders: Buffer[] = [];
    let all = true;
    for (const name of names) {
      const stats = isProtectedName(name.toString('latin1')) ? undefined : this.#look(folder, name);
      if (stats === undefined) all = false;
      else if (stats.isDirectory()) subfolders.push(name);
      else if (!this.#file(name, stats)) all = false;
    }
    for (const name of subfolders) {
      this.#path.push(name);
      if (!this.#subfolder(folder, name)) all = false;
      this.#path.pop();
    }
    return all;
  }

  #look(folder: PurgeFolder, name: Buffer): EntryStats | undefined {
    try {
      return folder.look(name);
    } catch (error) {
      this.#problems.add([...this.#path, name], error);
      return undefined;
    }
  }

  /** Whether the file goes. */
  #file(name: Buffer, stats: EntryStats): boolean {
    this.#total += 1;
    if (this.#total % 1000 === 0) this.#options.onProgress?.(this.#total);
    const isOther = stats.isSocket() || stats.isBlockDevice() || stats.isCharacterDevice();
    if (isOther || stats.dev !== this.#device || !isOld(stats, this.#options.cutoffNs)) return false;
    const regular = stats.isFile();
    const [size, links] = [String(stats.size), String(stats.nlink)];
    this.#enterPending();
    this.#options.plan.write({ file: name.toString('base64'), size, links, regular, ...identityOf(stats) });
    this.#removal.files += 1;
    const bytes = regular ? Number(stats.size) : 0;
    this.#removal.bytes += bytes;
    this.#noteBiggest([...this.#path, name], bytes);
    this.#noteCommon([...this.#path, name]);
    return true;
  }

  /** Whether the folder goes, with all in it. */
  #subfolder(parent: PurgeFolder, name: Buffer): boolean {
    const folder = this.#try(() => parent.open(name));
    if (folder === undefined) return false;
    try {
      const stats = folder.stats();
      if (stats.dev !== this.#device || folder.mount() !== this.#mount) return false;
      const names = this.#try(() => folder.names());
      if (names === undefined || names.some((entry) => entry.equals(SENTINEL))) return false;
      this.#pending.push({ enter: name.toString('base64'), ...identityOf(stats) });
      const goes = this.#entries(folder, names) && isOld(stats, this.#options.cutoffNs);
      if (goes) {
        this.#enterPending();
        this.#folders += 1;
        this.#noteCommon([...this.#path]);
      }
      if (this.#pending.pop() === undefined) this.#options.plan.write({ leave: goes ? 'remove' : 'keep' });
      return goes;
    } finally {
      folder.close();
    }
  }

  /** Undefined, and a problem of the present folder, when it fails. */
  #try<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.#problems.add(this.#path, error);
      return undefined;
    }
  }

  #enterPending(): void {
    for (const step of this.#pending.splice(0)) this.#options.plan.write(step);
  }

  #noteBiggest(path: Buffer[], bytes: number): void {
    if (bytes === 0 || (this.#biggest.length === BIGGEST && bytes <= (this.#biggest.at(-1)?.bytes ?? 0)))
      return;
    this.#biggest = [...this.#biggest, { path, bytes }].sort((a, b) => b.bytes - a.bytes).slice(0, BIGGEST);
  }

  #noteCommon(path: Buffer[]): void {
    if (this.#common === undefined) this.#common = path;
    const differs = this.#common.findIndex((name, index) => path[index]?.equals(name) !== true);
    if (differs >= 0) this.#common = this.#common.slice(0, differs);
  }
}
