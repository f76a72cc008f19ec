import { FtsError } from '../../domain/failures.js';
import { lossyName } from '../../domain/names.js';
import { isLossy } from '../../domain/snapshot-node.js';
import { placeBelow, unreadFolders } from './unread-folders.js';
import { partition, withAbove } from './partition.js';
import type { Folder, Part } from './record.js';
import { readTree } from '../restic/tree.js';
import { listSnapshotTree } from '../restore/list.js';
import type { RestoreSetting } from '../restore/setting.js';
import type { FoundSource } from '../restore/source.js';
import { type TreeEntry, TreeTally } from '../restore/tally.js';

/** How a volume comes apart. */
export interface Division {
  /** Folders in which each entry is a part of its own, relative to the volume's root. */
  projects: readonly string[];
  /** Folders that are made with the volume. */
  directories: readonly string[];
}

/** What a source has of a volume, in parts, in no particular order. */
export interface Divided {
  parts: Part[];
  folders: Folder[];
  /** Some folders of the snapshot cannot be read: what is in them belongs to no part. */
  isPart?: true;
  /** Of a mirror: where its manifest tells of the folders in which parts lie. */
  ways?: [number, number][];
}

/** Hears of each entry that belongs to a part, and how many parts came before that. */
export type OnPartEntry = (entry: TreeEntry, nth: number) => void;

interface Hear {
  onPart?: (root: TreeEntry) => void;
  onEntry: OnPartEntry;
  onWay?: (way: TreeEntry) => void;
}

/**
 * Lists what a snapshot has of a volume, part by part; `part` where some of its folders cannot be read. `begin` is called before
 * the first entry, and again should all be told anew. Fails as restic does.
 */
export async function walkSnapshot(
  setting: RestoreSetting,
  { found, base }: { found: FoundSource; base: string },
  { projects }: Pick<Division, 'projects'>,
  begin: () => Hear,
): Promise<'whole' | 'part'> {
  const belongs = partition({ projects });
  const { snapshotId } = found.source;
  const listing = { repository: found.repository, snapshotId, base, lead: '', places: [''], recursive: true };
  return listSnapshotTree(setting, listing, () => {
    const hear = begin();
    let parts = 0;
    let current: string | undefined;
    let files = 0;
    return (entry) => {
      if (entry.path === '') return;
      const place = belongs(entry);
      if (place.to === 'way') hear.onWay?.(entry);
      if (place.to !== 'part') return;
      if (place.root) {
        current = place.text;
        parts += 1;
        hear.onPart?.(entry);
      } else if (place.text !== current) throw new Error('restic lists a folder before what is in it');
      hear.onEntry(entry, parts - 1);
      files += 1;
      if (files % 1000 === 0) setting.tell({ phase: 'look', files });
    };
  });
}

/**
 * Divides what a snapshot has of a volume into parts, and counts each. A folder that cannot be read, or in which parts lie that
 * are not told therefore, is a part all the same. What `begin` gives hears of each entry; should all be told anew, `begin` is called again. Fails as restic
 * does, with `RepositoryDamaged` if nothing can be read.
 */
export async function divideSnapshot(
  setting: RestoreSetting,
  place: { found: FoundSource; base: string },
  division: Division,
  begin: () => (entry: TreeEntry) => void = () => () => undefined,
): Promise<Divided> {
  const asRoot = process.getuid?.() === 0;
  const kept = new Set(division.directories.flatMap(withAbove));
  let listed: Counted[] = [];
  let folders: Folder[] = [];
  let ways: TreeEntry[] = [];
  const keep = (entry: TreeEntry): void => {
    folders.push(folderOf(entry));
  };
  const isProject = ({ path }: TreeEntry): boolean => division.projects.includes(parentOf(path));
  const extent = await walkSnapshot(setting, place, division, () => {
    [listed, folders, ways] = [[], [], []];
    const onEntry = begin();
    return {
      onWay: (way) => {
        ways.push(way);
        keep(way);
      },
      onPart: (root) => {
        const before = listed.at(-1);
        if (before) settle(before);
        listed.push({ ...NEW, root, isProject: isProject(root), tally: new TreeTally(asRoot) });
      },
      onEntry: (entry, nth) => {
        const part = listed[nth];
        part?.tally?.add(entry);
        if (part && entry.modifiedNs > part.newestNs) part.newestNs = entry.modifiedNs;
        if (entry.kind === 'dir' && kept.has(entry.path)) keep(entry);
        onEntry(entry);
      },
    };
  });
  const told = [...ways, ...listed.map(({ root }) => root)];
  if (extent === 'part')
    for (const { entry, bytes } of await unreadFolders(setting, place, { ways, told })) {
      const tally = new TreeTally(asRoot);
      tally.add(entry);
      listed.push({
        ...NEW,
        root: entry,
        bytes,
        isProject: isProject(entry),
        newestNs: entry.modifiedNs,
        tally,
      });
    }
  for (const part of listed) if (part.tally) settle(part);
  const paths = await realPaths(setting, place, listed);
  return {
    ...(extent === 'part' && { isPart: true }),
    folders,
    parts: listed.map(({ root, isProject, newestNs, expected }, index) => {
      if (!expected) throw new Error('every part was counted');
      return {
        path: (paths[index] ?? Buffer.from(root.path)).toString('hex'),
        kind: root.kind === 'dir' ? ('folder' as const) : ('file' as const),
        ...{ isProject, nth: index, newestMs: Number(newestNs / MILLISECOND_NS), expected },
      };
    }),
  };
}

const MILLISECOND_NS = 1_000_000n;

interface Counted {
  root: TreeEntry;
  /** Its very path, where that is known already. */
  bytes?: Buffer;
  isProject: boolean;
  newestNs: bigint;
  /** While it is being counted. */
  tally: TreeTally | undefined;
  expected: Part['expected'] | undefined;
}

const NEW = { newestNs: 0n, expected: undefined };

/** What was counted is a few words; how, is as much as the part. */
function settle(part: Counted): void {
  part.expected = part.tally?.result();
  part.tally = undefined;
}

const folderOf = ({ path, mode, uid, gid, modifiedNs }: TreeEntry): Folder => ({
  ...{ path, mode, uid, gid },
  modifiedNs: String(modifiedNs),
});

/** The very names of parts, where restic's JSON has lost what is not UTF-8: both lists are in the order of the tree. */
async function realPaths(
  setting: RestoreSetting,
  { found, base }: { found: FoundSource; base: string },
  listed: readonly Counted[],
): Promise<(Buffer | undefined)[]> {
  const paths: (Buffer | undefined)[] = listed.map(({ bytes }) => bytes);
  const lossy = listed.flatMap(({ root, bytes }, index) =>
    bytes === undefined && isLossy(root.path) ? [{ path: root.path, index }] : [],
  );
  for (const folder of new Set(lossy.map(({ path }) => parentOf(path)))) {
    const stored = await readTree(
      found.repository,
      { snapshot: found.source.snapshotId, place: placeBelow(base, folder) },
      setting.signal,
    );
    const names = stored
      .filter(({ node }) => node.type !== 'socket')
      .map(({ name }) => ({ name, told: lossyName(name), isTaken: false }));
    for (const { path, index } of lossy.filter((one) => parentOf(one.path) === folder)) {
      const told = path.slice(path.lastIndexOf('/') + 1);
      const meant = names.find((one) => !one.isTaken && one.told === told);
      if (meant === undefined)
        throw new FtsError('ToolFailed', `the snapshot lists ${path}, and does not tell its name`);
      meant.isTaken = true;
      paths[index] = Buffer.concat([Buffer.from(folder === '' ? '' : `${folder}/`), meant.name]);
    }
  }
  return paths;
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
