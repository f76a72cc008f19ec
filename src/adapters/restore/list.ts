import { StringDecoder } from 'node:string_decoder';
import { FtsError } from '../../domain/failures.js';
import { lossyName } from '../../domain/names.js';
import { snapshotFolder } from '../../domain/restic-pattern.js';
import { pathWithin } from '../../domain/snapshot-place.js';
import { jsonParts } from '../json-parts.js';
import type { ResticRepository } from '../restic/repository.js';
import { listedEntry } from './listing.js';
import type { RestoreSetting } from './setting.js';
import type { TreeEntry } from './tally.js';
import { runRestic } from '../restic.js';

export interface Listing {
  repository: ResticRepository;
  snapshotId: string;
  /** Folder of the snapshot, absolute: paths are told from there. */
  base: string;
  /** What stands before each path that is told, and is not in the snapshot; `places` have it. */
  lead: string;
  /** Paths in it whose entries are meant; the empty one is all of it. */
  places: readonly string[];
  recursive: boolean;
}

/** What is said of a snapshot that cannot be listed as a whole. */
export const IN_PART = 'some folders of the snapshot cannot be read any more: what is in them is not counted';

/** Hears of each entry. */
export type OnEntry = (entry: TreeEntry) => void;

/**
 * Lists entries of a snapshot. Where some of its folders cannot be read any more, `restic ls` ends on the spot, and
 * `restic find` goes on: then all that it finds is told, and the answer is `part`. `begin` is called before the first
 * entry, and again before all are told anew. Fails as restic does.
 */
export async function listSnapshotTree(
  setting: Pick<RestoreSetting, 'signal'>,
  listing: Listing,
  begin: () => OnEntry,
): Promise<'whole' | 'part'> {
  const { lead, places } = listing;
  const own = { ...listing, places: places.map((place) => withoutLead(place, lead)) };
  const led = (onEntry: OnEntry): OnEntry =>
    lead === ''
      ? onEntry
      : (entry) => {
          onEntry({ ...entry, path: `${lead}/${entry.path}` });
        };
  try {
    await listWhole(setting, own, led(begin()));
    return 'whole';
  } catch (error) {
    if (!(error instanceof FtsError) || error.type !== 'RepositoryDamaged') throw error;
    await listReadable(setting, own, led(begin()));
    return 'part';
  }
}

/** A path without the folders that a snapshot's tree leaves out; empty for those themselves. */
const withoutLead = (path: string, lead: string): string =>
  lead === '' ? path : path.startsWith(`${lead}/`) ? path.slice(lead.length + 1) : '';

async function listWhole(
  { signal }: Pick<RestoreSetting, 'signal'>,
  { repository, snapshotId, base, places, recursive }: Listing,
  onEntry: OnEntry,
): Promise<void> {
  await runRestic(repository, {
    args: [
      ...['ls', '--json', '--no-lock', ...(recursive ? ['--recursive'] : [])],
      ...['--', snapshotFolder(snapshotId, base), ...places.map((place) => `/${place}`)],
    ],
    locked: false,
    signal,
    onMessage: (message) => {
      const entry = listedEntry(message);
      if (entry) onEntry(entry);
    },
  });
}

async function listReadable(
  { signal }: Pick<RestoreSetting, 'signal'>,
  { repository, snapshotId, base, places, recursive }: Listing,
  onEntry: OnEntry,
): Promise<void> {
  const isMeant = (path: string): boolean =>
    (recursive || !path.includes('/')) &&
    places.some((place) => place === '' || path === place || path.startsWith(`${place}/`));
  const parts = jsonParts(
    (found) => {
      const entry = listedEntry({ ...(found as object), message_type: 'node' });
      const path = entry && pathWithin(base, `/${entry.path}`);
      if (entry && path !== undefined && path !== '' && isMeant(path)) onEntry({ ...entry, path });
    },
    () => undefined,
  );
  const readable = withoutNotices((text) => {
    parts.write(text);
  });
  const decoder = new StringDecoder('utf8');
  await runRestic(repository, {
    args: ['find', '--json', '--no-lock', '--snapshot', snapshotId, '--', '*'],
    locked: false,
    signal,
    onOutput: (chunk) => {
      readable(decoder.write(chunk));
    },
  });
}

/** Lines of a notice of restic's: which folder cannot be read, and of which snapshot. */
const NOTICE_LINES = 2;

/** restic writes its notices into the JSON text, between two values, where no letter U can be otherwise. */
function withoutNotices(write: (text: string) => void): (text: string) => void {
  let inText = false;
  let escaped = false;
  let lines = 0;
  return (text) => {
    let kept = '';
    for (const character of text) {
      if (lines > 0) {
        if (character === '\n') lines -= 1;
        continue;
      }
      if (inText) {
        if (escaped) escaped = false;
        else if (character === '\\') escaped = true;
        else if (character === '"') inText = false;
      } else if (character === '"') inText = true;
      else if (character === 'U') {
        lines = NOTICE_LINES;
        continue;
      }
      kept += character;
    }
    write(kept);
  };
}

/** The longest part of a path that an argument can hold. */
export function speakable(path: Buffer): string {
  const names = lossyName(path).split('/');
  const lost = names.findIndex((name) => name.includes('\ufffd'));
  return (lost === -1 ? names : names.slice(0, lost)).join('/');
}
