import { realpath } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import type { RestoreRequest, SnapshotSource } from '../../domain/restore.js';
import { type HeldSnapshot, chooseSnapshot, isPartial } from '../../domain/snapshot.js';
import { narrowness, widest } from '../../domain/snapshot-extent.js';
import { type Cover, coverOf } from '../../domain/snapshot-place.js';
import { volumeRoot } from '../../estate/lookup.js';
import { otherRepositories, repositoriesOf, volumesSavedTo } from '../../estate/saved-by.js';
import { nearest } from '../../estate/suggest.js';
import type { ResticRepository } from '../restic/repository.js';
import { listSnapshots } from '../restic/snapshots.js';
import type { RestoreSetting } from './setting.js';

/** The snapshot that is meant, and how it covers the volume. */
export interface FoundSource {
  source: SnapshotSource;
  repository: ResticRepository;
  cover: Cover;
}

type Asked = Pick<RestoreRequest, 'repository' | 'snapshot' | 'at'>;

/**
 * Chooses the snapshot of a volume that is meant, over all repositories that come into question; one that does not
 * answer is told in the notes while another does. `paths` of the volume are asked for. Fails with `RequestInvalid`, `SnapshotUnknown`, and as restic does.
 */
export async function findSource(
  setting: RestoreSetting,
  asked: Asked,
  volume: string,
  paths: readonly string[] = [''],
): Promise<FoundSource> {
  const candidates = repositoriesFor(setting, asked.repository, volume);
  const roots = await rootsOf(setting, volume);
  const isOnlyOf = (repository: string): boolean =>
    volumesSavedTo(setting.loaded.estate, repository).every((saved) => saved === volume);
  const looks = await Promise.allSettled(
    candidates.map(async (name) => {
      const repository = await openGuarded(setting, name);
      const snapshots = await listSnapshots(repository, setting.signal);
      const covered = snapshots.flatMap((snapshot) => {
        const cover = coverOf(snapshot.paths, { roots, assume: asked.repository === name || isOnlyOf(name) });
        return cover ? [{ held: { repository: name, snapshot }, cover }] : [];
      });
      return { repository, covered, snapshots };
    }),
  );
  setting.signal.throwIfAborted();
  const answered = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const failures = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
  if (answered.length === 0) throw failures[0];
  const notes = failures.map(
    (failure) => `not looked at: ${failure instanceof Error ? failure.message : String(failure)}`,
  );
  const all = answered.flatMap((one) => one.covered);
  const sure = all.filter(({ cover }) => cover.how !== 'assumed');
  const isNamed = asked.snapshot !== undefined && asked.snapshot !== 'latest';
  const until = asked.at === undefined ? undefined : Date.parse(asked.at);
  const sources = sure.length === 0 ? all : sure; // nothing is assumed where something is known
  const covered = isNamed ? all : widest(sources, { paths, until });
  const choice = chooseSnapshot(
    covered.map(({ held }) => held),
    { ...(asked.snapshot !== undefined && { id: asked.snapshot }), ...(until !== undefined && { until }) },
  );
  if ('problem' in choice) {
    const elsewhere = answered.flatMap(({ snapshots }) => snapshots);
    const { snapshot = '' } = asked;
    const foreign = snapshot !== '' && elsewhere.find(({ id }) => id.startsWith(snapshot.toLowerCase()));
    if (foreign && choice.problem === 'unknown')
      throw new FtsError(
        'NotInSnapshot',
        `snapshot ${foreign.shortId} is of ${foreign.paths.join(', ')}, and holds nothing of volume ${volume}`,
        `\`fts snapshots\` lists what there is of ${volume}`,
      );
    const other = choice.problem === 'unknown' ? await otherHolder(setting, snapshot, candidates) : undefined;
    throw notChosen(asked, volume, candidates, { ...choice, other });
  }
  const { repository: name, snapshot } = choice.found;
  const repository = answered.find((one) => one.repository.name === name)?.repository;
  const cover = covered.find(
    ({ held }) => held.snapshot.id === snapshot.id && held.repository === name,
  )?.cover;
  if (!repository || !cover) throw new Error('the snapshot was chosen among those that were listed');
  if (cover.how === 'assumed')
    notes.push(`the snapshot is of ${cover.saved.join(', ')}, which is taken for volume ${volume}`);
  const narrow = narrowness(cover, paths);
  if (narrow !== undefined) notes.push(narrow);
  const source: SnapshotSource = {
    repository: name,
    snapshotId: snapshot.id,
    at: snapshot.time,
    ...(isPartial(snapshot) && { partial: true }),
    ...(notes.length > 0 && { notes }),
  };
  return { source, repository, cover };
}

/** Opens a repository once the guard has answered for the volume it lies on. Reading does not need a volume that can be written. */
export async function openGuarded(setting: RestoreSetting, name: string): Promise<ResticRepository> {
  const volume = setting.loaded.estate.repositories[name]?.volume;
  if (volume !== undefined) await setting.requireVolume(volume, { readOnly: true });
  return setting.open(name);
}

function repositoriesFor(
  { loaded: { estate }, host }: RestoreSetting,
  asked: string | undefined,
  volume: string,
): string[] {
  const known = Object.keys(estate.repositories);
  if (asked !== undefined) {
    const declared = Object.hasOwn(estate.repositories, asked) ? estate.repositories[asked] : undefined;
    if (declared === undefined) {
      const meant = nearest(asked, known);
      throw new FtsError(
        'RequestInvalid',
        `the estate declares no repository ${asked}`,
        meant === undefined ? `it declares ${known.join(', ') || 'none'}` : `did you mean ${meant}?`,
      );
    }
    if (declared.host !== host) throw elsewhere(asked, declared.host, host);
    return [asked];
  }
  const all = repositoriesOf(estate, volume);
  const here = all.filter((repository) => estate.repositories[repository]?.host === host);
  const [first] = all;
  if (here.length > 0) return here;
  if (first !== undefined) throw elsewhere(first, estate.repositories[first]?.host ?? '?', host);
  throw new FtsError(
    'RequestInvalid',
    `no job saves volume ${volume} to a repository`,
    `name one with --repository: ${known.join(', ') || 'the estate declares none'}`,
  );
}

const elsewhere = (repository: string, owner: string, host: string): FtsError =>
  new FtsError(
    'RequestInvalid',
    `repository ${repository} belongs to host ${owner}, and host ${host} has no secrets for it`,
    `restore to a volume of ${owner}, or below one of its restoreRoots`,
  );

/** Somebody waits for what is only a hint (milliseconds). */
const OTHERS_PATIENCE_MS = 20_000;

/** The repository of this host, other than those that were looked into, that has a snapshot of this id. */
async function otherHolder(
  setting: RestoreSetting,
  snapshot: string,
  candidates: readonly string[],
): Promise<string | undefined> {
  const { loaded, host: own } = setting;
  const others = otherRepositories(loaded.estate, (host) => host === own, candidates);
  const signal = AbortSignal.any([setting.signal, AbortSignal.timeout(OTHERS_PATIENCE_MS)]);
  const looks = await Promise.allSettled(
    others.map(async (name) => listSnapshots(await openGuarded(setting, name), signal)),
  );
  setting.signal.throwIfAborted();
  const wanted = snapshot.toLowerCase();
  return others.find((_name, index) => {
    const look = looks[index];
    return look?.status === 'fulfilled' && look.value.some(({ id }) => id.startsWith(wanted));
  });
}

/** As declared and, where that is another, as resolved: restic keeps what its caller wrote. */
async function rootsOf({ loaded }: RestoreSetting, volume: string): Promise<string[]> {
  const root = volumeRoot(loaded, volume);
  return [...new Set([root, await realpath(root).catch(() => root)])];
}

function notChosen(
  { snapshot = 'latest', at }: Asked,
  volume: string,
  candidates: readonly string[],
  {
    problem,
    nearest: near,
    other,
  }: { problem: string; nearest: readonly HeldSnapshot[]; other: string | undefined },
): FtsError {
  const repositories = candidates.join(', ');
  const named = near
    .slice(0, 10)
    .map(({ repository, snapshot: { shortId, time } }) => `${shortId} (${repository}, ${time})`);
  const known = named.length === 0 ? '`fts snapshots` lists what there is' : `there are ${named.join(', ')}`;
  const hint = other === undefined ? known : `it is in ${other}: --repository ${other}`;
  const messages: Record<string, string> = {
    none: `${repositories}: no snapshot of volume ${volume}`,
    unknown: `${repositories}: no snapshot ${snapshot} of volume ${volume}`,
    ambiguous: `${snapshot} is the beginning of several snapshots`,
    tooEarly: `${repositories}: no snapshot of volume ${volume} is as old as ${at ?? ''}`,
  };
  return new FtsError('SnapshotUnknown', messages[problem] ?? problem, hint);
}
