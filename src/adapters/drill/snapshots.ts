import { realpath } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { type Snapshot, isPartial } from '../../domain/snapshot.js';
import { jobTags } from '../../domain/snapshot-identity.js';
import { type Cover, coverOf, placeInTree } from '../../domain/snapshot-place.js';
import type { DeclaredSource } from '../../estate/drill-sources.js';
import { volumeRoot } from '../../estate/lookup.js';
import { rootNames } from './files.js';
import type { DrillSetting, DrillVolume } from './setting.js';
import { listSnapshots } from '../restic/snapshots.js';

/** A snapshot to drill. */
export interface Drillable {
  source: DeclaredSource;
  snapshot: Snapshot;
  /** Folder of the snapshot's tree that is the volume's root; `/` where that cannot be told. */
  base: string;
  /** The volume whose live files are compared with, if it is one of this host. */
  live: DrillVolume | undefined;
}

const [OURS = ''] = jobTags('').split(',');

/**
 * The newest complete snapshot of each job that saves to the repository; where a job made none, the newest of those that
 * plain restic made of its volume. Fails with `NothingToVerify` if there is none, or none of a job that has an SLO, and with
 * `RepositoryDamaged` if the file of a snapshot is damaged: it may be the newest.
 */
export async function findDrillable(setting: DrillSetting): Promise<Drillable[]> {
  const { repository, signal, sources } = setting;
  const refuse = (ids: string[]): void => {
    throw unreadable(repository.name, ids);
  };
  const snapshots = (await listSnapshots(repository, signal, refuse))
    .filter((one) => !isPartial(one))
    .reverse();
  const found: Drillable[] = [];
  for (const source of sources) {
    const choice = newestOf(snapshots, source, await rootsOf(setting, source));
    if (choice) {
      const earlier = found.find(({ snapshot }) => snapshot.id === choice.snapshot.id);
      if (earlier === undefined) found.push(await placed(setting, source, choice));
      else earlier.source = stricter(earlier.source, source);
    } else if (source.job === undefined || source.maxAgeSeconds !== undefined) {
      throw none(repository.name, source);
    }
  }
  if (found.length === 0) throw none(repository.name, {});
  return found;
}

interface Choice {
  snapshot: Snapshot;
  cover: Cover | undefined;
}

/** `snapshots` come the newest first. */
function newestOf(
  snapshots: readonly Snapshot[],
  { job, only }: DeclaredSource,
  roots: readonly string[],
): Choice | undefined {
  const covered = (snapshot: Snapshot, assume: boolean): Choice => ({
    snapshot,
    cover: coverOf(snapshot.paths, { roots, assume }),
  });
  if (job === undefined) return snapshots.map((snapshot) => covered(snapshot, true))[0];
  const tags = jobTags(job).split(',');
  const own = snapshots.find((snapshot) => tags.every((tag) => snapshot.tags.includes(tag)));
  if (own) return covered(own, true);
  return snapshots
    .filter((snapshot) => !snapshot.tags.includes(OURS))
    .map((snapshot) => covered(snapshot, only))
    .find(({ cover }) => cover !== undefined);
}

async function placed(
  { repository, signal, volumes }: DrillSetting,
  source: DeclaredSource,
  { snapshot, cover }: Choice,
): Promise<Drillable> {
  const names = await rootNames({ repository, snapshotId: snapshot.id, signal });
  const base = cover && placeInTree(cover, names, '');
  const volume = source.isHere && source.volume !== undefined ? volumes.get(source.volume) : undefined;
  return { source, snapshot, base: base ?? '/', live: base === undefined ? undefined : volume };
}

/** As declared and, where that is another, as resolved: restic keeps what its caller wrote. */
async function rootsOf({ loaded }: DrillSetting, { volume, isHere }: DeclaredSource): Promise<string[]> {
  if (volume === undefined) return [];
  const root = volumeRoot(loaded, volume);
  return isHere ? [...new Set([root, await realpath(root)])] : [root];
}

/** One snapshot for two jobs: the lower age counts. */
function stricter(one: DeclaredSource, { maxAgeSeconds }: DeclaredSource): DeclaredSource {
  if (maxAgeSeconds === undefined || (one.maxAgeSeconds ?? Infinity) <= maxAgeSeconds) return one;
  return { ...one, maxAgeSeconds };
}

const none = (repository: string, { job }: Pick<DeclaredSource, 'job'>): FtsError =>
  new FtsError(
    'NothingToVerify',
    `repository ${repository} has no complete snapshot${job === undefined ? '' : ` of job ${job}`}`,
    job === undefined ? 'run a job that saves to it, then drill again' : `fts run ${job}`,
  );

const unreadable = (repository: string, ids: readonly string[]): FtsError =>
  new FtsError(
    'RepositoryDamaged',
    `repository ${repository}: ${String(ids.length)} snapshots cannot be read, such as ${ids[0]?.slice(0, 8) ?? ''}`,
    'run `restic check` on the repository before anything else',
  );

/** Seconds since the snapshot was complete: its time is that of its beginning, and restic says how long it took. */
export function ageOf({ time, summary }: Snapshot, now: Date): number {
  const { backupStart = time, backupEnd = backupStart } = summary ?? {};
  const took = Math.max(0, Date.parse(backupEnd) - Date.parse(backupStart)) || 0;
  return Math.max(0, (now.getTime() - Date.parse(time) - took) / 1000);
}
