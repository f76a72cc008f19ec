import { isUtf8 } from 'node:buffer';
import { printableName } from '../../domain/names.js';
import type { OwnerName } from './metadata-owners.js';

/** What is asked of find(1) about each entry, after a mark for those that changed a moment ago. */
const FIELDS = {
  kind: '%y',
  device: '%D',
  inode: '%i',
  names: '%n',
  mode: '%m',
  uid: '%U',
  gid: '%G',
  size: '%s',
  modified: '%T@',
  changed: '%C@',
  target: '%l',
  path: '%P',
} as const;
type Field = keyof typeof FIELDS | 'mark';
const ORDER: readonly Field[] = ['mark', ...(Object.keys(FIELDS) as (keyof typeof FIELDS)[])];

/** For `-printf`: fields of one entry, each ended by NUL. */
const format = (fields: readonly string[]): string => fields.map((field) => `${field}\\0`).join('');

/** What find(1) is told to print of each entry. `mark` is for those whose inode changed at or after `since` (seconds). */
export const entryActions = (mark: string, since: number): string[] => [
  ...['(', '-newerct', `@${String(since)}`, '-printf', format([mark]), '-o', '-printf', format(['']), ')'],
  ...['-printf', format(Object.values(FIELDS))],
];

/** One entry of a tree, as find(1) prints it. `path` is empty for the root; `target` for what is no link. */
export type WalkedEntry = Record<Field, Buffer>;

/** Calls back for each whole entry and returns what is left over. */
export function readEntries(data: Buffer, onEntry: (entry: WalkedEntry) => void): Buffer {
  for (let start = 0; ;) {
    const entry: Partial<WalkedEntry> = {};
    let at = start;
    for (const field of ORDER) {
      const end = data.indexOf(0, at);
      if (end === -1) return data.subarray(start);
      entry[field] = data.subarray(at, end);
      at = end + 1;
    }
    onEntry(entry as WalkedEntry);
    start = at;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  p: 'fifo',
  s: 'socket',
  b: 'device',
  c: 'device',
};

/** What a mirror does not hold, and why. A folder is there only as part of the names in it. */
const NOT_HELD: Readonly<Record<string, string>> = {
  fifo: 'a mirror holds no FIFOs',
  socket: 'a mirror holds no sockets',
  device: 'a mirror holds no devices',
  unknown: 'a mirror holds no entries of an unknown kind',
};

export const kindOf = ({ kind }: WalkedEntry): string => KINDS[kind.toString()] ?? 'unknown';

export interface EntrySetting {
  /** It is another filesystem's, or a folder of elsewhere. */
  elsewhere: boolean;
  owners: { user: OwnerName; group: OwnerName };
  /** Numbers of a device file, which find(1) does not print. */
  device?: string | undefined;
}

/** The keys of a line of the manifest, but for those that take looking at other entries or with other tools. */
export function describeEntry(entry: WalkedEntry, { elsewhere, owners, device }: EntrySetting): object {
  const text = (field: Field): string => entry[field].toString();
  const type = kindOf(entry);
  const { path, encoded } = printableName(entry.path);
  const target = type === 'link' ? printableName(entry.target) : undefined;
  const [user, group] = [owners.user(text('uid')), owners.group(text('gid'))];
  const omitted =
    NOT_HELD[type] ??
    nameNotHeld(entry.path, type) ??
    (elsewhere ? 'something else is mounted there' : undefined);
  return {
    path,
    ...(encoded && { encoded }),
    type,
    ...(type === 'file' && { size: Number(text('size')) }),
    ...(target && { target: target.path, ...(target.encoded && { targetEncoded: true }) }),
    ...(device !== undefined && { device: `${text('kind')} ${device}` }),
    mode: text('mode').padStart(4, '0'),
    uid: Number(text('uid')),
    gid: Number(text('gid')),
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    mtime: timestamp(text('modified')),
    ...(omitted !== undefined && { omitted }),
  };
}

/** Why a mirror does not hold an entry of that name. How long a name may be depends on the remote, and is not told here. */
function nameNotHeld(path: Buffer, type: string): string | undefined {
  if (!isUtf8(path)) return 'its name is not UTF-8';
  const isLinkName = type === 'file' && path.subarray(-LINK.length).equals(LINK);
  return isLinkName ? 'its name is one under which a mirror holds links' : undefined;
}

/** What rclone adds to the name of a link that it stores. */
const LINK = Buffer.from('.rclonelink');

/** The latest moment that has a date of four digits (seconds). */
const LATEST = 253_402_300_799;

/** RFC 3339 with nanoseconds; beyond the years it knows, `@` and seconds, which touch(1) takes too. */
function timestamp(modified: string): string {
  const [whole = '0', digits = ''] = modified.split('.');
  const fraction = digits.slice(0, 9).padEnd(9, '0');
  const seconds = Number(whole);
  if (!(seconds >= -62_167_219_200 && seconds <= LATEST)) return `@${whole}.${fraction}`;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
