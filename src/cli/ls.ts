import { posix } from 'node:path';
import { lookInto } from '../adapters/restic-look.js';
import type { Child } from '../adapters/snapshot-entry.js';
import { storedNames } from '../adapters/stored-names.js';
import { printableName } from '../domain/names.js';
import { ExitCode } from '../domain/outcome.js';
import { isPartial } from '../domain/snapshot.js';
import { formatSize } from '../domain/units.js';
import { formatCount, formatTime, plural } from './format.js';
import { type Answered, describeSnapshot, lookUp } from './look-up.js';
import { openLooking } from './looking.js';
import { note, printJson, printLine } from './output.js';
import { viewOf } from './snapshots.js';
import { table } from './table.js';

export interface LsOptions {
  estate?: string;
  json: boolean;
  path: string;
  snapshot?: string | undefined;
  at?: string | undefined;
  repository?: string | undefined;
  recursive: boolean;
  /** So many entries are listed at most. */
  limit?: number | undefined;
}

/** Entries that a person, and a program, gets without asking for more. */
const LIMIT = { people: 200, programs: 100_000 };

/** `fts ls`: what is in a folder of a snapshot, or that a file is there. */
export async function ls(options: LsOptions): Promise<number> {
  const looking = await openLooking(options.estate);
  const answered = await lookUp(looking, options);
  const { held, cover, request } = answered;
  const limit = options.limit ?? (options.json ? LIMIT.programs : LIMIT.people);
  const listing = await list(answered, { recursive: options.recursive, limit });
  const path = volumePath(request);
  const { counts, nodes } = listing;
  if (options.json) {
    printJson({
      ...{ repository: held.repository, snapshot: viewOf(held), path },
      ...(isPartial(held.snapshot) && { partial: true }),
      ...(cover.how === 'assumed' && { assumed: cover.saved[0] }),
      ...{ nodes, counts },
    });
    return ExitCode.complete;
  }
  const { timezone } = looking.loaded.estate;
  note(`${printableName(path).path} in snapshot ${describeSnapshot(held, timezone)}`);
  tellOfSnapshot(answered);
  if (nodes.length > 0) {
    printLine(
      table(
        ['MODE', 'SIZE', 'MODIFIED', 'NAME'],
        nodes.map((node) => row(node, { timeZone: timezone, path })),
      ),
    );
  }
  const more = counts.entries - nodes.length;
  note(
    `${plural(counts.entries, 'entry').replace(/entrys$/, 'entries')}${more > 0 ? `, ${formatCount(more)} of them not listed (--limit)` : ''}`,
  );
  return ExitCode.complete;
}

/** Says what a person must know of the snapshot. */
function tellOfSnapshot({ held, cover, request }: Pick<Answered, 'held' | 'cover' | 'request'>): void {
  if (isPartial(held.snapshot))
    note('This snapshot is partial: files that could not be read are missing in it.');
  if (cover.how === 'assumed')
    note(`It was saved from ${cover.saved[0] ?? ''}, which is taken for the volume ${request.volume}.`);
}

interface ListedNode {
  name: string;
  path: string;
  type: string;
  encoded?: true;
  size?: number;
  mtime?: string;
  [more: string]: unknown;
}

async function list(
  { repository, held, request, entry }: Answered,
  { recursive, limit }: { recursive: boolean; limit: number },
): Promise<{ nodes: ListedNode[]; counts: { entries: number; bytes: number } }> {
  const found: Child[] = [];
  const counts = { entries: 0, bytes: 0 };
  const keep = (child: Child): void => {
    counts.entries += 1;
    counts.bytes += child.node.size ?? 0;
    if (found.length < limit) found.push(child);
  };
  const asked = volumePath(request);
  const { place } = entry;
  if (entry.type !== 'dir') {
    if (entry.node) keep({ name: posix.basename(request.path), node: entry.node });
    return { nodes: found.map(({ name, node }) => listed(`${posix.dirname(asked)}/`, name, node)), counts };
  }
  if (!recursive || place === undefined) {
    for (const child of entry.children) keep(child);
    return { nodes: found.map(({ name, node }) => listed(`${asked}/`, name, node)), counts };
  }
  const look = { snapshot: held.snapshot.id, places: [place] };
  await lookInto(
    repository,
    look,
    (node) => {
      if (node.path !== place) keep({ name: node.name, node });
    },
    { recursive },
  );
  const names = storedNames(repository);
  const nodes: ListedNode[] = [];
  for (const { node } of found) {
    const path = Buffer.from(await names.pathOf(look.snapshot, node));
    nodes.push(listed(`${asked}/`, path.subarray(place === '/' ? 1 : Buffer.byteLength(place) + 1), node));
  }
  return { nodes, counts };
}

const volumePath = ({ volume, path }: Answered['request']): string =>
  path === '' ? volume : `${volume}/${path}`;

/** An entry by its path relative to a folder, which ends in a slash and is printed as it was asked for. */
function listed(folder: string, within: Uint8Array | string, node: Child['node']): ListedNode {
  const printed = printableName(within);
  const path = `${printableName(folder).path}${printed.path}`;
  return { ...node, ...printed, name: posix.basename(printed.path), path };
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
