import { isUtf8 } from 'node:buffer';
import { type MirrorEntry, lookIntoMirror } from '../adapters/mirror/folder.js';
import { openRemote } from '../adapters/rclone-remote.js';
import { parentOf } from '../adapters/restore/mirror-list.js';
import { notInMirror } from '../adapters/restore/mirror-missing.js';
import { type FoundMirror, findMirror } from '../adapters/restore/mirror-source.js';
import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import { ExitCode } from '../domain/outcome.js';
import { rcloneName } from '../domain/rclone-names.js';
import { type RequestPath, parseRequestPath } from '../domain/request-path.js';
import { UsageError } from '../domain/usage-error.js';
import { mirrorsOf, repositoriesOf } from '../estate/saved-by.js';
import { parseWhen } from '../estate/when.js';
import { formatTime } from './format.js';
import { type ListedNode, type Listing, listed, printListing } from './listing.js';
import { type Looking, requireHere, requireVolume } from './looking.js';
import { note, printJson } from './output.js';

/** Which mirror is meant; what is asked for of it. */
export interface MirrorLsOptions {
  json: boolean;
  path: string;
  remote: string;
  at?: string | undefined;
  recursive: boolean;
  limit: number;
}

interface Asked {
  path: string;
  snapshot?: string | undefined;
  repository?: string | undefined;
  remote?: string | undefined;
}

/** The mirror that is asked for, or that alone has the volume; undefined where a snapshot is meant. */
export function mirrorMeant(
  looking: Looking,
  { path, snapshot, repository, remote }: Asked,
): { remote: string } | undefined {
  const excluded =
    repository === undefined ? (snapshot === undefined ? undefined : 'a snapshot') : '--repository';
  if (remote !== undefined && excluded !== undefined)
    throw new UsageError(`--remote and ${excluded} exclude each other`, {
      hint: 'a mirror has no snapshots: name a time with --at',
    });
  if (remote !== undefined) return { remote };
  const { volume } = parseRequestPath(path);
  const { estate } = looking.loaded;
  if (excluded !== undefined || repositoriesOf(estate, volume).length > 0) return undefined;
  return mirrorsOf(estate).find((mirror) => mirror.volume === volume);
}

/** `fts ls` of a mirror: what is in a folder of it, now or as it was at a time, or that a file is there. */
export async function lsMirror(looking: Looking, options: MirrorLsOptions): Promise<number> {
  const { json, at, remote: name } = options;
  const { estate } = looking.loaded;
  const request = parseRequestPath(options.path);
  requireVolume(looking, request.volume);
  requireHere(looking, `remote ${name}`, estate.volumes[request.volume]?.host ?? '');
  const moment = at === undefined ? undefined : parseWhen(at, { now: Date.now(), zone: estate.timezone });
  if (moment?.note !== undefined) note(moment.note);
  const then = moment && new Date(moment.instant).toISOString();
  const { mirror, listing } = await asUsage(async () => {
    const found = await findMirror(
      {
        loaded: looking.loaded,
        openRemote: (remote) => openRemote(looking.loaded, remote, looking),
        now: () => new Date(),
      },
      { remote: name, ...(then !== undefined && { at: then }) },
      request.volume,
    );
    return { mirror: found, listing: await listingOf(found, request, options) };
  });
  const path = [request.volume, request.path].filter((part) => part !== '').join('/');
  const notes = mirror.source.notes ?? [];
  if (json) {
    printJson({
      ...{ remote: name, at: mirror.source.at, path },
      ...(notes.length > 0 && { assumed: notes[0] }),
      ...listing,
    });
    return ExitCode.complete;
  }
  const timeZone = estate.timezone;
  const when = then === undefined ? 'now' : formatTime(new Date(then), { seconds: true, timeZone });
  note(`${printableName(path).path} in the mirror on ${name}, ${when}`);
  for (const one of notes) note(one);
  printListing(listing, { timeZone, path });
  return ExitCode.complete;
}

/** What the request cannot be met for is a wrong request; the rest is not. */
async function asUsage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FtsError) || !['NotInMirror', 'RequestInvalid'].includes(error.type)) throw error;
    throw new UsageError(error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
}

async function listingOf(
  mirror: FoundMirror,
  request: RequestPath,
  { recursive, limit }: Pick<MirrorLsOptions, 'recursive' | 'limit'>,
): Promise<Listing> {
  const { remote, versionAt } = mirror;
  const printed = request.printed && Buffer.from(request.printed);
  const paths = [request.path, ...(printed && isUtf8(printed) ? [printed.toString()] : [])];
  for (const path of paths) {
    const name = rcloneName(path);
    const look = async (which: { folder: string; only?: string }): Promise<Listing | undefined> => {
      const kept: MirrorEntry[] = [];
      const counts = { entries: 0, bytes: 0 };
      const isThere = await lookIntoMirror(remote, { ...which, versionAt, recursive }, (entry) => {
        counts.entries += 1;
        counts.bytes += entry.size ?? 0;
        if (kept.length < limit) kept.push(entry);
      });
      return isThere
        ? { nodes: kept.map((entry) => nodeOf(request, path, entry)).sort(byPath), counts }
        : undefined;
    };
    const only = name.slice(name.lastIndexOf('/') + 1);
    const found =
      (await look({ folder: name })) ??
      (path === '' ? undefined : await look({ folder: parentOf(name), only }));
    if (found) return found;
  }
  throw await notInMirror({ signal: new AbortController().signal }, mirror, request);
}

function nodeOf({ volume }: RequestPath, asked: string, { path, ...rest }: MirrorEntry): ListedNode {
  const folder = asked === '' || path.startsWith(`${asked}/`) ? asked : parentOf(asked);
  const within = folder === '' ? path : path.slice(folder.length + 1);
  return listed(folder === '' ? `${volume}/` : `${volume}/${folder}/`, within, rest);
}

const byPath = (one: ListedNode, other: ListedNode): number =>
  one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
