import { posix } from 'node:path';
import { type SnapshotEntry, findEntry } from '../adapters/snapshot-entry.js';
import type { ResticRepository } from '../adapters/restic/repository.js';
import { type RequestPath, parseRequestPath } from '../domain/request-path.js';
import { type Choice, type HeldSnapshot, chooseSnapshot, timeOf } from '../domain/snapshot.js';
import { widest } from '../domain/snapshot-extent.js';
import { type Cover, coverOf } from '../domain/snapshot-place.js';
import { UsageError } from '../domain/usage-error.js';
import { mirrorsOf, repositoriesOf } from '../estate/saved-by.js';
import { nearest } from '../estate/suggest.js';
import { parseWhen } from '../estate/when.js';
import {
  type Looking,
  isOnlyVolume,
  lookIntoAll,
  openHere,
  requireVolume,
  rootsOf,
  snapshotsOf,
} from './looking.js';
import { note } from './output.js';
import { describeSnapshot, notChosen } from './not-chosen.js';
import { otherHolder } from './other-repositories.js';

/** What of which snapshot is asked for. */
export interface Asked {
  /** `volume/path`. */
  path: string;
  /** An id, or the beginning of one; `latest`. */
  snapshot?: string | undefined;
  /** A time as people say it. */
  at?: string | undefined;
  repository?: string | undefined;
}

/** A snapshot in which a volume was found. */
export interface Chosen {
  repository: ResticRepository;
  held: HeldSnapshot;
  cover: Cover;
}

export interface Answered extends Chosen {
  request: RequestPath;
  entry: SnapshotEntry;
}

/** So many older snapshots are looked into for the newest that has a path, so many at once. */
const LOOKED_BACK = 24;
const AT_ONCE = 4;

/** Finds a path of a volume in the snapshot that is meant. Throws `UsageError`, naming what comes nearest. */
export async function lookUp(looking: Looking, asked: Asked): Promise<Answered> {
  const request = parseRequestPath(asked.path);
  const search = await openSearch(looking, request, {
    repository: asked.repository,
    snapshots: asked.snapshot === undefined ? [] : [asked.snapshot],
  });
  const chosen = search.choose(asked);
  const repository = await openHere(looking, chosen.held.repository);
  const entry = await findEntry(repository, {
    snapshot: chosen.held.snapshot.id,
    cover: chosen.cover,
    request,
  });
  if (entry) return { ...chosen, repository, request, entry };
  throw await notThere(looking, { ...chosen, repository }, request, search.others(chosen.held));
}

/** The snapshots in which a volume can be looked for. */
export interface Search {
  choose: (asked: Pick<Asked, 'snapshot' | 'at' | 'repository'>) => Omit<Chosen, 'repository'>;
  /** Those that hold the volume, without this one and what is newer, the newest first. */
  others: (held: HeldSnapshot) => Omit<Chosen, 'repository'>[];
}

/** `snapshots` are those that will be asked for by id. */
export async function openSearch(
  looking: Looking,
  { volume, path }: Pick<RequestPath, 'volume' | 'path'>,
  { repository, snapshots }: { repository: string | undefined; snapshots: readonly string[] },
): Promise<Search> {
  requireVolume(looking, volume);
  const names = repository === undefined ? repositoriesOf(looking.loaded.estate, volume) : [repository];
  if (names.length === 0) throw notSaved(looking, volume);
  const { answers, failure } = await lookIntoAll(looking, names, (opened) => snapshotsOf(opened));
  if (failure) throw failure;
  const all = answers.flatMap(({ name, answer }) =>
    answer.map((snapshot): HeldSnapshot => ({ repository: name, snapshot })),
  );
  const absent = snapshots.find((id) => id !== 'latest' && isUnknown(chooseSnapshot(all, { id })));
  const other =
    absent === undefined || repository !== undefined ? undefined : await otherHolder(looking, absent, names);
  if (other !== undefined)
    throw new UsageError(`${names.join(' and ')} holds no snapshot ${JSON.stringify(absent)}`, {
      hint: `it is in ${other}, to which no job saves ${volume}: --repository ${other}`,
    });
  const roots = await rootsOf(looking, volume);
  const coverIn = ({ repository: name, snapshot }: HeldSnapshot): Cover | undefined =>
    coverOf(snapshot.paths, {
      roots,
      assume: repository !== undefined || isOnlyVolume(looking, name, volume),
    });
  const covered = all.flatMap((held) => {
    const cover = coverIn(held);
    return cover ? [{ held, cover }] : [];
  });
  return {
    choose: ({ snapshot, at, repository: within }) => {
      if (snapshot !== undefined && at !== undefined)
        throw new UsageError('a snapshot and --at exclude each other', { hint: 'give one of them' });
      const { timezone } = looking.loaded.estate;
      const moment = at === undefined ? undefined : parseWhen(at, { now: Date.now(), zone: timezone });
      if (moment?.note !== undefined) note(moment.note);
      const isMeant = (held: HeldSnapshot): boolean => within === undefined || held.repository === within;
      const byId = snapshot !== undefined && snapshot !== 'latest';
      const until = moment?.instant;
      const meant = widest(
        covered.filter(({ held }) => isMeant(held)),
        { paths: [path], until },
      );
      const choice = chooseSnapshot(byId ? all.filter(isMeant) : meant.map(({ held }) => held), {
        ...(byId && { id: snapshot }),
        ...(until !== undefined && { until }),
      });
      if (!('found' in choice))
        throw notChosen(choice, {
          ...{ what: `a snapshot of ${volume}`, snapshot, at, timezone },
          repositories: within === undefined ? answers.map(({ name }) => name) : [within],
        });
      const cover = coverIn(choice.found);
      if (cover) return { held: choice.found, cover };
      const { shortId, paths } = choice.found.snapshot;
      throw new UsageError(
        `snapshot ${shortId} holds ${paths.join(', ')}, and nothing of the volume ${volume}`,
        {
          hint: `if it is ${volume} all the same: --repository ${choice.found.repository}`,
        },
      );
    },
    others: (held) =>
      covered
        .filter((one) => one.held !== held && timeOf(one.held) <= timeOf(held))
        .sort((one, other) => timeOf(other.held) - timeOf(one.held)),
  };
}

const isUnknown = (choice: Choice): boolean => 'problem' in choice && choice.problem === 'unknown';

function notSaved({ loaded: { estate } }: Looking, volume: string): UsageError {
  const mirror = mirrorsOf(estate).find((one) => one.volume === volume);
  return new UsageError(`no job saves the volume ${volume} to a repository`, {
    hint: mirror
      ? `it is mirrored to ${mirror.remote}: \`fts find "${volume}/*"\` looks there`
      : 'name a repository that holds it all the same: --repository NAME',
  });
}

async function notThere(
  looking: Looking,
  { repository, held, cover }: Chosen,
  request: RequestPath,
  older: readonly Omit<Chosen, 'repository'>[],
): Promise<UsageError> {
  const asked = [request.volume, request.path].join('/');
  const { timezone } = looking.loaded.estate;
  const message = `${asked} is not in snapshot ${describeSnapshot(held, timezone)}`;
  const newest = await newestWith(looking, older, request);
  if (newest) {
    const { shortId } = newest.snapshot;
    return new UsageError(message, {
      hint: `the newest that has it is ${describeSnapshot(newest, timezone)}: give ${shortId} as the snapshot`,
    });
  }
  const suggestion = await nearestPath(repository, { held, cover }, request);
  return new UsageError(message, {
    hint: `no older one that was looked into has it; \`fts find\` searches all`,
    ...(suggestion !== undefined && { suggestion }),
  });
}

async function newestWith(
  looking: Looking,
  older: readonly Omit<Chosen, 'repository'>[],
  request: RequestPath,
): Promise<HeldSnapshot | undefined> {
  for (let at = 0; at < Math.min(older.length, LOOKED_BACK); at += AT_ONCE) {
    const found = await Promise.all(
      older.slice(at, at + AT_ONCE).map(async ({ held, cover }) => {
        const repository = await openHere(looking, held.repository);
        return (await findEntry(repository, { snapshot: held.snapshot.id, cover, request }))
          ? held
          : undefined;
      }),
    );
    const first = found.find((held) => held !== undefined);
    if (first) return first;
  }
  return undefined;
}

/** A path in the same folder that may be meant. */
async function nearestPath(
  repository: ResticRepository,
  { held, cover }: Omit<Chosen, 'repository'>,
  { volume, path }: RequestPath,
): Promise<string | undefined> {
  const folder = posix.dirname(path);
  const parent = await findEntry(repository, {
    ...{ snapshot: held.snapshot.id, cover, request: { path: folder === '.' ? '' : folder } },
  });
  const names = (parent?.children ?? []).flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
  const name = nearest(posix.basename(path), names);
  return name === undefined ? undefined : posix.join(volume, folder, name);
}
