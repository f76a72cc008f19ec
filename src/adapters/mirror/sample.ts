import type { MirrorFiles } from './files.js';
import type { ListedFile } from './listing.js';
import { Ascending, liesBelow, listedFiles, named } from './lists.js';
import { Reservoir } from '../reservoir.js';

/** A sample has at most so many files and so many bytes, and one file however big it is. */
const SAMPLE_FILES = 20;
const SAMPLE_BYTES = 64 * 1024 ** 2;

export interface SampleOptions {
  files: MirrorFiles;
  /** Lists that went up. */
  uploaded: readonly string[];
  /** All lists of what differs: what did not go up is not expected in the remote. */
  differing: readonly string[];
  /** Names that could not be uploaded. */
  failed: ReadonlySet<string>;
  postponed: readonly string[];
}

/** So many places are for files that no upload of this run brought: what lies there for long is looked at every night. */
const OLD_FILES = 5;

/** A random sample of what the remote should hold: this run's uploads, and some of everything else. */
export async function sampleOf(options: SampleOptions): Promise<ListedFile[]> {
  const { files, uploaded, differing, failed, postponed } = options;
  const expected = ({ name }: ListedFile): boolean => !failed.has(name) && !liesBelow(postponed, name);
  const uploads = new Reservoir<ListedFile>(SAMPLE_FILES);
  for (const list of uploaded) {
    const source = new Ascending<ListedFile>(listedFiles(files.source));
    for await (const { name } of named(list)) {
      const file = await source.find(name);
      if (file && expected(file)) uploads.offer(file);
    }
  }
  const others = new Reservoir<ListedFile>(SAMPLE_FILES);
  const remote = new Ascending<ListedFile>(listedFiles(files.remote));
  const lists = differing.map((list) => new Ascending(named(list)));
  for await (const file of listedFiles(files.source)) {
    const isThere = (await remote.find(file.name)) !== undefined;
    const found = await Promise.all(lists.map((list) => list.find(file.name)));
    if (isThere && found.every((it) => it === undefined) && expected(file)) others.offer(file);
  }
  const old = Math.max(SAMPLE_FILES - uploads.items.length, Math.min(OLD_FILES, others.items.length));
  return within([...someOf(uploads.items, SAMPLE_FILES - old), ...someOf(others.items, old)]);
}

function within(files: readonly ListedFile[]): ListedFile[] {
  let bytes = 0;
  const fitting = files.filter(({ size }) => {
    if (bytes + size > SAMPLE_BYTES) return false;
    bytes += size;
    return true;
  });
  if (fitting.length > 0) return fitting;
  return [...files].sort((a, b) => a.size - b.size).slice(0, 1);
}

function someOf<T>(items: readonly T[], count: number): readonly T[] {
  const some = new Reservoir<T>(count);
  for (const item of items) some.offer(item);
  return some.items;
}
