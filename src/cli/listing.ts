import { posix } from 'node:path';
import { printableName } from '../domain/names.js';
import { formatSize } from '../domain/units.js';
import { formatCount, formatTime, plural } from './format.js';
import { note, printLine } from './output.js';
import { table } from './table.js';

/** An entry of a folder, as it is told to programs. */
export interface ListedNode {
  name: string;
  path: string;
  type: string;
  encoded?: true;
  size?: number;
  mtime?: string;
  [more: string]: unknown;
}

/** Entries of a folder, so many as were wanted, and how many there are. */
export interface Listing {
  nodes: ListedNode[];
  counts: { entries: number; bytes: number };
}

/** An entry by its path relative to a folder, which ends in a slash and is printed as it was asked for. */
export function listed(
  folder: string,
  within: Uint8Array | string,
  node: { type: string; [more: string]: unknown },
): ListedNode {
  const printed = printableName(within);
  const path = `${printableName(folder).path}${printed.path}`;
  return { ...node, ...printed, name: posix.basename(printed.path), path };
}

/** Prints a listing for people. `path` is that of the folder. */
export function printListing(
  { nodes, counts }: Listing,
  { timeZone, path }: { timeZone: string; path: string },
): void {
  if (nodes.length > 0) {
    const rows = nodes.map((node) => row(node, { timeZone, path }));
    printLine(table(['MODE', 'SIZE', 'MODIFIED', 'NAME'], rows));
  }
  const more = counts.entries - nodes.length;
  note(
    `${plural(counts.entries, 'entry').replace(/entrys$/, 'entries')}${more > 0 ? `, ${formatCount(more)} of them not listed (--limit)` : ''}`,
  );
}

function row(node: ListedNode, { timeZone, path }: { timeZone: string; path: string }): string[] {
  const { permissions, linktarget } = node;
  const name = node.path.startsWith(`${path}/`) ? node.path.slice(path.length + 1) : node.name;
  const target = typeof linktarget === 'string' ? ` -> ${printableName(linktarget).path}` : '';
  return [
    typeof permissions === 'string' ? permissions : node.type,
    node.size === undefined ? '-' : formatSize(node.size),
    node.mtime === undefined ? '-' : formatTime(new Date(node.mtime), { timeZone }),
    `${name}${node.type === 'dir' ? '/' : ''}${target}`,
  ];
}
