import { FtsError } from '../domain/failures.js';
import { lossyName, printableName } from '../domain/names.js';
import { snapshotFolder } from '../domain/restic-pattern.js';
import type { RequestPath } from '../domain/request-path.js';
import { isProtectedName } from '../domain/purge.js';
import { placeInTree } from '../domain/snapshot-place.js';
import { listedEntry } from './restore-listing.js';
import { notInSnapshot } from './restore-missing.js';
import type { RestoreSetting } from './restore-setting.js';
import type { FoundSource } from './restore-source.js';
import { type TallyResult, type TreeEntry, TreeTally } from './restore-tally.js';
import { runRestic } from './restic.js';

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
  items: RestoreItem[];
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
 * out. `onEntry` hears of each entry. Fails with `NotInSnapshot`, naming what comes nearest, and `RequestInvalid`.
 */
export async function readContents(
  setting: RestoreSetting,
  found: FoundSource,
  requests: readonly RequestPath[],
  onEntry: (entry: TreeEntry) => void = () => undefined,
): Promise<Contents> {
  const base = await baseOf(setting, found, requests);
  const asRoot = process.getuid?.() === 0;
  const candidates = requests.flatMap((request) =>
    [Buffer.from(request.path), ...(request.printed ? [Buffer.from(request.printed)] : [])].map(
      (path): Candidate => ({
        ...{ request, path, text: lossyName(path) },
        ...{ tally: new TreeTally(asRoot), kinds: [] },
      }),
    ),
  );
  let files = 0;
  await list(setting, found, base, candidates, (entry) => {
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
  });
  const items: RestoreItem[] = [];
  for (const request of requests) {
    const meant = candidates.filter((candidate) => candidate.request === request).find(isFound);
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
  return { base, items: items.filter((_item, index) => !isCovered(items, index)) };
}

const isFound = ({ text, kinds, tally }: Candidate): boolean =>
  text === '' ? tally.result().entries > 0 : kinds.length > 0;

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

async function list(
  setting: RestoreSetting,
  { repository, source }: FoundSource,
  base: string,
  candidates: readonly Candidate[],
  onEntry: (entry: TreeEntry) => void,
): Promise<void> {
  const places = new Set(candidates.map(({ path }) => speakable(path)));
  const all = places.has('');
  await runRestic(repository, {
    args: [
      ...['ls', '--json', '--no-lock', '--recursive', '--', snapshotFolder(source.snapshotId, base)],
      ...(all ? [] : [...places].map((place) => `/${place}`)),
    ],
    locked: false,
    signal: setting.signal,
    onMessage: (message) => {
      const entry = listedEntry(message);
      if (entry) onEntry(entry);
    },
  });
}

/** The longest part of a path that an argument can hold. */
function speakable(path: Buffer): string {
  const names = lossyName(path).split('/');
  const lost = names.findIndex((name) => name.includes('\ufffd'));
  return (lost === -1 ? names : names.slice(0, lost)).join('/');
}

/** Where the volume's root is in a snapshot's tree. Fails with `NotInSnapshot`. */
export async function baseOf(
  setting: RestoreSetting,
  { repository, source, cover }: FoundSource,
  requests: readonly RequestPath[],
): Promise<string> {
  const rootNames: string[] = [];
  await runRestic(repository, {
    args: ['ls', '--json', '--no-lock', '--', source.snapshotId, '/'],
    locked: false,
    signal: setting.signal,
    onMessage: (message) => {
      const { path } = listedEntry(message) ?? {};
      if (path !== undefined && !path.includes('/')) rootNames.push(path);
    },
  });
  const [first] = requests;
  const root = placeInTree(cover, rootNames, '');
  if (root !== undefined || first === undefined) return root ?? '/';
  const place = placeInTree(cover, rootNames, first.path);
  if (place?.endsWith(`/${first.path}`)) return place.slice(0, -first.path.length - 1) || '/';
  throw new FtsError(
    'NotInSnapshot',
    `snapshot ${source.snapshotId.slice(0, 8)} is of ${cover.paths.join(', ')}, and does not tell where ${first.volume}/${first.path} is in it`,
  );
}
