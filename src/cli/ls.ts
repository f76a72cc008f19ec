import { posix } from 'node:path';
import { lookInto } from '../adapters/restic/look.js';
import type { Child } from '../adapters/snapshot-entry.js';
import { storedNames } from '../adapters/stored-names.js';
import { printableName } from '../domain/names.js';
import { ExitCode } from '../domain/outcome.js';
import { isPartial } from '../domain/snapshot.js';
import { narrowness } from '../domain/snapshot-extent.js';
import { type ListedNode, type Listing, listed, printListing } from './listing.js';
import { type Answered, lookUp } from './look-up.js';
import { openLooking, shown } from './looking.js';
import { lsMirror, mirrorMeant } from './ls-mirror.js';
import { describeSnapshot } from './not-chosen.js';
import { note, printJson } from './output.js';
import { viewOf } from './snapshots.js';

export interface LsOptions {
  estate?: string;
  json: boolean;
  path: string;
  snapshot?: string | undefined;
  at?: string | undefined;
  repository?: string | undefined;
  remote?: string | undefined;
  recursive: boolean;
  /** So many entries are listed at most. */
  limit?: number | undefined;
}

/** Entries that a person, and a program, gets without asking for more. */
const LIMIT = { people: 200, programs: 100_000 };

/** `fts ls`: what is in a folder of a snapshot or a mirror, or that a file is there. */
export async function ls(options: LsOptions): Promise<number> {
  const looking = await openLooking(options.estate);
  const limit = options.limit ?? (options.json ? LIMIT.programs : LIMIT.people);
  const mirror = mirrorMeant(looking, options);
  if (mirror !== undefined) return lsMirror(looking, { ...options, ...mirror, limit });
  const answered = await lookUp(looking, options);
  const { held, cover, request } = answered;
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
  printListing(listing, { timeZone: timezone, path });
  return ExitCode.complete;
}

/** Says what a person must know of the snapshot. */
function tellOfSnapshot({ held, cover, request }: Pick<Answered, 'held' | 'cover' | 'request'>): void {
  if (isPartial(held.snapshot))
    note('This snapshot is partial: files that could not be read are missing in it.');
  if (cover.how === 'assumed')
    note(`It was saved from ${cover.saved[0] ?? ''}, which is taken for the volume ${request.volume}.`);
  else if (narrowness(cover, [request.path]) !== undefined)
    note(`It was made of ${cover.saved.map(shown).join(', ')} only.`);
}

async function list(
  { repository, held, request, entry }: Answered,
  { recursive, limit }: { recursive: boolean; limit: number },
): Promise<Listing> {
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
