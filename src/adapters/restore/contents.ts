import { FtsError } from '../../domain/failures.js';
import { lossyName, printableName } from '../../domain/names.js';
import type { RequestPath } from '../../domain/request-path.js';
import { isProtectedName } from '../../domain/purge.js';
import { type TreeRoot, treeRootFor } from '../../domain/snapshot-place.js';
import type { ResticRepository } from '../restic/repository.js';
import { type OnEntry, listSnapshotTree, speakable } from './list.js';
import { notInSnapshot } from './missing.js';
import type { RestoreSetting } from './setting.js';
import type { FoundSource } from './source.js';
import { type TallyResult, type TreeEntry, TreeTally } from './tally.js';

/** One thing that is to be restored. */
export interface RestoreItem {
  /** Below the volume's root; empty for all of it. */
  path: Buffer;
  kind: 'folder' | 'file';
  expected: TallyResult;
}

export interface Contents {
  /** Where the volume's root is in the snapshot's tree, absolute. */
  base: string;
  /** Folders of the volume that the tree leaves out: it begins below them. */
  lead: string;
  items: RestoreItem[];
  /** Some folders of the snapshot cannot be read any more: what is in them does not count. */
  isPart?: true;
}

/** One way to understand a path that was asked for. */
interface Candidate {
  request: RequestPath;
  path: Buffer;
  /** The path as restic tells it. */
  text: string;
  tally: TreeTally;
  /** Entries that have the very path: names that are not UTF-8 may look alike. */
  kinds: TreeEntry['kind'][];
}

/**
 * Looks up what was asked for in a snapshot, and counts it. What the product itself keeps at a volume's root is left
 * out. What `begin` gives hears of each entry; should all be told anew, `begin` is called again. Fails with
 * `NotInSnapshot`, naming what comes nearest, `RequestInvalid`, and `RepositoryDamaged`.
 */
export async function readContents(
  setting: RestoreSetting,
  found: FoundSource,
  requests: readonly RequestPath[],
  begin: () => OnEntry = () => () => undefined,
): Promise<Contents> {
  const { base, lead } = await rootOf(setting, found, requests);
  const counting = count(setting, found, { base, lead, requests }, begin);
  const { candidates, isPart } = await counting.catch((error: unknown) => {
    throw isNoFolder(error) ? noPlace(found, requests) : error;
  });
  const items: RestoreItem[] = [];
  for (const request of requests) {
    const meant = candidates
      .filter((candidate) => candidate.request === request)
      .find((one) => isFound(one, lead));
    if (meant === undefined && isPart) throw unreadable(found, request);
    if (meant === undefined) throw await notInSnapshot(setting, found, base, request);
    const { path, kinds, tally } = meant;
    if (kinds.length > 1)
      throw new FtsError(
        'RequestInvalid',
        `several entries are told by restic as ${printableName(path).path}, and it cannot say which is which`,
        'restore the folder that they are in',
      );
    items.push({ path, kind: (kinds[0] ?? 'dir') === 'dir' ? 'folder' : 'file', expected: tally.result() });
  }
  return {
    ...{ base, lead },
    items: items.filter((_item, index) => !isCovered(items, index)),
    ...(isPart && { isPart }),
  };
}

/**
 * Counts things of a snapshot once more, but for what was not restored: `isLost` tells that, by the name as restic has
 * it. Of what nothing is left nothing is answered.
 */
export async function recount(
  setting: RestoreSetting,
  { repository, snapshotId }: { repository: ResticRepository; snapshotId: string },
  { base, lead, items }: Contents,
  isLost: (path: string) => boolean,
): Promise<RestoreItem[]> {
  const asRoot = process.getuid?.() === 0;
  let counted: { item: RestoreItem; text: string; tally: TreeTally }[] = [];
  const places = [...new Set(items.map(({ path }) => speakable(path)))];
  const listing = { repository, snapshotId, base, lead, recursive: true };
  await listSnapshotTree(setting, { ...listing, places: places.includes('') ? [''] : places }, () => {
    counted = items.map((item) => ({ item, text: lossyName(item.path), tally: new TreeTally(asRoot) }));
    return (entry) => {
      if (isProtectedName(entry.path.split('/', 1)[0] ?? '') || isLost(entry.path)) return;
      for (const { text, tally } of counted) if (isBelow(entry.path, text)) tally.add(entry);
    };
  });
  const left = counted.map(({ item, tally }) => ({ ...item, expected: tally.result() }));
  return left.filter(({ expected }) => expected.entries > 0);
}

/** Counts what may be meant. */
async function count(
  setting: RestoreSetting,
  { repository, source: { snapshotId } }: FoundSource,
  { base, lead, requests }: TreeRoot & { requests: readonly RequestPath[] },
  begin: () => OnEntry,
): Promise<{ candidates: Candidate[]; isPart?: true }> {
  let candidates = candidatesOf(requests);
  const places = [...new Set(candidates.map(({ path }) => speakable(path)))];
  const listing = { repository, snapshotId, base, lead, recursive: true };
  const extent = await listSnapshotTree(
    setting,
    { ...listing, places: places.includes('') ? [''] : places },
    () => {
      candidates = candidatesOf(requests);
      const onEntry = begin();
      let files = 0;
      return (entry) => {
        if (isProtectedName(entry.path.split('/', 1)[0] ?? '')) return;
        const holding = candidates.filter(({ text }) => isBelow(entry.path, text));
        if (holding.length === 0) return;
        for (const { text, kinds, tally } of holding) {
          if (entry.path === text) kinds.push(entry.kind);
          tally.add(entry);
        }
        onEntry(entry);
        files += 1;
        if (files % 1000 === 0) setting.tell({ phase: 'look', files });
      };
    },
  );
  return { candidates, ...(extent === 'part' && { isPart: true }) };
}

function candidatesOf(requests: readonly RequestPath[]): Candidate[] {
  const asRoot = process.getuid?.() === 0;
  return requests.flatMap((request) =>
    [Buffer.from(request.path), ...(request.printed ? [Buffer.from(request.printed)] : [])].map(
      (path): Candidate => ({
        ...{ request, path, text: lossyName(path) },
        ...{ tally: new TreeTally(asRoot), kinds: [] },
      }),
    ),
  );
}

/** restic's words for a snapshot of something that is not what it is taken for. */
const isNoFolder = (error: unknown): boolean =>
  error instanceof FtsError && /: path \S.*: (not a directory|not found)/.test(error.message);

function noPlace(
  { source, cover }: Pick<FoundSource, 'source' | 'cover'>,
  [first = { volume: '', path: '' }]: readonly RequestPath[],
): FtsError {
  const asked = [first.volume, first.path].filter(Boolean).join('/');
  return new FtsError(
    'NotInSnapshot',
    `snapshot ${source.snapshotId.slice(0, 8)} is of ${cover.paths.join(', ')}, and does not tell where ${asked} is in it`,
    'see what it holds with `fts ls`, or name another snapshot',
  );
}

const unreadable = ({ source }: FoundSource, { volume, path }: RequestPath): FtsError =>
  new FtsError(
    'RepositoryDamaged',
    `${[volume, path].filter(Boolean).join('/')} is not in what can still be read of snapshot ${source.snapshotId.slice(0, 8)} in ${source.repository}`,
    'ask for it from another snapshot or repository, and run `restic check` on this one',
  );

const isFound = ({ text, kinds, tally }: Candidate, lead: string): boolean =>
  text === '' || text === lead ? tally.result().entries > 0 : kinds.length > 0;

const isBelow = (path: string, folder: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/** Whether another item holds this one already, or is the same and comes first. */
function isCovered(items: readonly RestoreItem[], index: number): boolean {
  const mine = items[index]?.path.toString('latin1') ?? '';
  return items.some(({ path }, other) => {
    const theirs = path.toString('latin1');
    return other !== index && isBelow(mine, theirs) && (theirs !== mine || other < index);
  });
}

/** Where the volume's root is in a snapshot's tree. Fails with `NotInSnapshot`. */
export async function rootOf(
  setting: RestoreSetting,
  { repository, source, cover }: FoundSource,
  requests: readonly RequestPath[],
): Promise<TreeRoot> {
  let rootNames: string[] = [];
  const listing = {
    repository,
    snapshotId: source.snapshotId,
    base: '/',
    lead: '',
    places: [''],
    recursive: false,
  };
  await listSnapshotTree(setting, listing, () => {
    rootNames = [];
    return ({ path }) => {
      if (!path.includes('/')) rootNames.push(path);
    };
  });
  const [first, ...others] = requests.map(({ path }) => treeRootFor(cover, rootNames, path));
  const isOne = others.every((other) => other?.base === first?.base && other?.lead === first?.lead);
  if (first && isOne) return first;
  const root = treeRootFor(cover, rootNames, '');
  if (root) return root;
  throw noPlace({ source, cover }, requests);
}
