import { posix } from 'node:path';
import { diffSnapshots } from '../adapters/restic/diff.js';
import type { ResticRepository } from '../adapters/restic/repository.js';
import { findEntry } from '../adapters/snapshot-entry.js';
import { storedNames } from '../adapters/stored-names.js';
import { printableName } from '../domain/names.js';
import { ExitCode } from '../domain/outcome.js';
import { parseRequestPath } from '../domain/request-path.js';
import { type HeldSnapshot, chooseSnapshot } from '../domain/snapshot.js';
import { formatSize } from '../domain/units.js';
import { UsageError } from '../domain/usage-error.js';
import { formatCount, plural } from './format.js';
import { openSearch } from './look-up.js';
import { type Looking, lookIntoAll, openHere, openLooking, snapshotsOf } from './looking.js';
import { describeSnapshot, notChosen } from './not-chosen.js';
import { note, printJson, printLine } from './output.js';

export interface DiffOptions {
  estate?: string;
  json: boolean;
  source: string;
  target: string;
  path?: string | undefined;
  repository?: string | undefined;
  metadata: boolean;
  /** So many changes are listed at most. */
  limit?: number | undefined;
}

const LIMIT = { people: 200, programs: 100_000 };

/** Two trees of one repository. */
interface Pair {
  repository: ResticRepository;
  source: Side;
  target: Side;
  /** Relative to which changes are told: `volume/path`, or nothing. */
  folder: string;
  /** The one entry of the folders that is meant; undefined: all. */
  only: string | undefined;
}

interface Side {
  held: HeldSnapshot;
  /** Folder in the snapshot's tree. */
  place: string;
}

/** `fts diff`: what changed from one snapshot to another. */
export async function diff(options: DiffOptions): Promise<number> {
  const looking = await openLooking(options.estate);
  const pair = await (options.path === undefined
    ? wholeSnapshots(looking, options)
    : foldersOf(looking, options, options.path));
  const { repository, source, target, folder, only } = pair;
  const limit = options.limit ?? (options.json ? LIMIT.programs : LIMIT.people);
  const changes: { path: string; modifier: string }[] = [];
  let count = 0;
  const statistics = await diffSnapshots(
    repository,
    { source: treeOf(source), target: treeOf(target), metadata: options.metadata },
    (change) => {
      if (only !== undefined && !isWithinEntry(change.path, only)) return;
      count += 1;
      if (changes.length < limit) changes.push(change);
    },
  );
  const names = storedNames(repository);
  const told = await Promise.all(
    changes.map(async ({ path, modifier }) => {
      const side = modifier === '-' ? source : target;
      const inTree = posix.join(side.place, path);
      const real = await names.pathOf(side.held.snapshot.id, { path: inTree.replace(/\/$/, '') });
      const relative =
        typeof real === 'string'
          ? path
          : Buffer.from(real).subarray(Buffer.byteLength(side.place === '/' ? '' : side.place));
      const whole = Buffer.concat([Buffer.from(folder), Buffer.from(relative)]);
      const slash = typeof real !== 'string' && path.endsWith('/') ? Buffer.from('/') : Buffer.alloc(0);
      return { ...printableName(Buffer.concat([whole, slash])), modifier };
    }),
  );
  if (options.json) {
    printJson({
      repository: repository.name,
      sourceSnapshot: source.held.snapshot.id,
      targetSnapshot: target.held.snapshot.id,
      ...(options.path !== undefined && { path: options.path }),
      ...{ changes: told, counts: { changes: count } },
      ...(only === undefined && statistics),
    });
    return ExitCode.complete;
  }
  const { timezone } = looking.loaded.estate;
  note(`from ${describeSnapshot(source.held, timezone)}`);
  note(`to   ${describeSnapshot(target.held, timezone)}`);
  for (const { path, modifier } of told) printLine(`${modifier.padEnd(3)} ${path}`);
  const more = count - told.length;
  const listed = more > 0 ? `, ${formatCount(more)} of them not listed (--limit)` : '';
  const bytes =
    statistics && only === undefined
      ? `; stored: ${formatSize(statistics.added.bytes)} more, ${formatSize(statistics.removed.bytes)} less`
      : '';
  note(`${plural(count, 'change')}${listed}${bytes}`);
  if (count > 0)
    note('+ added, - removed, M contents, U metadata, T type, ? contents without any other change');
  return ExitCode.complete;
}

const treeOf = ({ held, place }: Side): string =>
  place === '/' ? held.snapshot.id : `${held.snapshot.id}:${place}`;

const isWithinEntry = (path: string, entry: string): boolean =>
  path === `/${entry}` || path === `/${entry}/` || path.startsWith(`/${entry}/`);

/** Both snapshots as they are, whatever they hold. */
async function wholeSnapshots(looking: Looking, { source, target, repository }: DiffOptions): Promise<Pair> {
  const { estate } = looking.loaded;
  const names = repository === undefined ? Object.keys(estate.repositories) : [repository];
  const { answers, failure } = await lookIntoAll(looking, names, (opened) => snapshotsOf(opened));
  if (failure) throw failure;
  const all = answers.flatMap(({ name, answer }) =>
    answer.map((snapshot): HeldSnapshot => ({ repository: name, snapshot })),
  );
  const choose = (snapshot: string, among: readonly HeldSnapshot[]): HeldSnapshot => {
    const choice = chooseSnapshot(among, { id: snapshot });
    if ('found' in choice) return choice.found;
    const where = {
      repositories: [...new Set(among.map((held) => held.repository))],
      timezone: estate.timezone,
    };
    throw notChosen(choice, { ...where, what: 'a snapshot', snapshot, at: undefined });
  };
  const first = choose(source, all);
  requireOneRepository(first, target, all);
  const second = choose(
    target,
    all.filter((held) => held.repository === first.repository),
  );
  return {
    repository: await openHere(looking, first.repository),
    source: { held: first, place: '/' },
    target: { held: second, place: '/' },
    ...{ folder: '', only: undefined },
  };
}

/** Throws `UsageError` where the other snapshot is known, and is of another repository. */
function requireOneRepository(first: HeldSnapshot, target: string, all: readonly HeldSnapshot[]): void {
  const inFirst = chooseSnapshot(
    all.filter((held) => held.repository === first.repository),
    { id: target },
  );
  const anywhere = chooseSnapshot(all, { id: target });
  if ('found' in inFirst || !('found' in anywhere)) return;
  throw new UsageError(
    `${first.snapshot.shortId} is in ${first.repository}, and ${anywhere.found.snapshot.shortId} in ${anywhere.found.repository}`,
    { hint: 'two snapshots of one repository can be compared: `fts snapshots` lists them' },
  );
}

/** A folder, or one entry, of a volume, wherever it lies in each of the snapshots. */
async function foldersOf(looking: Looking, options: DiffOptions, path: string): Promise<Pair> {
  const request = parseRequestPath(path);
  const { source: from, target: to, repository: within } = options;
  const search = await openSearch(looking, request, { repository: within, snapshots: [from, to] });
  const first = search.choose({ snapshot: options.source });
  const second = search.choose({ snapshot: options.target, repository: first.held.repository });
  const repository = await openHere(looking, first.held.repository);
  const sides = await Promise.all(
    [first, second].map(async ({ held, cover }) => ({
      held,
      entry: await findEntry(repository, { snapshot: held.snapshot.id, cover, request }),
    })),
  );
  const [source, target] = sides;
  const missing = sides.find(({ entry }) => entry?.place === undefined);
  if (missing || !source || !target) {
    const snapshot = missing ? describeSnapshot(missing.held, looking.loaded.estate.timezone) : '';
    throw new UsageError(`${path} is not in snapshot ${snapshot}`, {
      hint: 'compare the folder in which it was: fts diff A B VOLUME/FOLDER',
    });
  }
  const isFolder = sides.every(({ entry }) => entry?.type === 'dir');
  const placeOf = (place: string): string => (isFolder ? place : posix.dirname(place));
  const whole = [request.volume, request.path].filter((part) => part !== '').join('/');
  return {
    repository,
    source: { held: source.held, place: placeOf(source.entry?.place ?? '/') },
    target: { held: target.held, place: placeOf(target.entry?.place ?? '/') },
    folder: isFolder ? whole : posix.dirname(whole),
    only: isFolder ? undefined : posix.basename(source.entry?.place ?? ''),
  };
}
