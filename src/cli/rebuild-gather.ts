import { readJobRecord } from '../adapters/job-records.js';
import { listSnapshots } from '../adapters/restic/snapshots.js';
import { shareDisk } from '../adapters/shared-disk.js';
import { z } from 'zod';
import {
  type MirrorSource,
  type RepositorySource,
  type SourceProblem,
  type VolumeRebuild,
  goneWithout,
  speedByDrills,
} from '../domain/rebuild.js';
import { type Snapshot, isPartial } from '../domain/snapshot.js';
import { coverOf } from '../domain/snapshot-place.js';
import { volumeOf, volumeRoot } from '../estate/lookup.js';
import { repositoriesOf } from '../estate/saved-by.js';
import type { Estate, Job } from '../estate/schema.js';
import { knownRecord } from './known-record.js';
import { type Looking, isOnlyVolume, lookIntoAll, rootsOf } from './looking.js';

/** What a repository answered, or why it did not. */
type Answer = { snapshots: Snapshot[] } | { problem: SourceProblem };

/** What is known of each of these volumes' sources. Asks every repository once. `now` in milliseconds since the epoch. */
export async function gatherRebuild(
  looking: Looking,
  volumes: readonly string[],
  now: number,
): Promise<VolumeRebuild[]> {
  const { estate } = looking.loaded;
  const names = [...new Set(volumes.flatMap((volume) => repositoriesOf(estate, volume)))];
  const answers = await askAll(looking, names);
  return Promise.all(volumes.map((volume) => ofVolume(looking, volume, { answers, now })));
}

async function askAll(looking: Looking, names: readonly string[]): Promise<Map<string, Answer>> {
  const { loaded, here } = looking;
  const hostOf = (name: string): string => loaded.estate.repositories[name]?.host ?? '';
  const { answers, problems } = await lookIntoAll(
    looking,
    names.filter((name) => here.has(hostOf(name))),
    (repository) => listSnapshots(repository),
  );
  return new Map(
    names.map((name): [string, Answer] => {
      const answered = answers.find((one) => one.name === name);
      if (answered) return [name, { snapshots: answered.answer }];
      if (!here.has(hostOf(name))) return [name, { problem: elsewhere(hostOf(name)) }];
      const problem = problems.find(({ repository }) => repository === name);
      return [
        name,
        problem ? { problem: { type: problem.type, message: problem.message } } : { snapshots: [] },
      ];
    }),
  );
}

/** Type of the problem that another host looks after it. */
export const ELSEWHERE = 'Elsewhere';

const elsewhere = (host: string): SourceProblem => ({
  type: ELSEWHERE,
  message: `it can be looked into on ${host} only: run it there`,
});

interface Known {
  answers: ReadonlyMap<string, Answer>;
  now: number;
}

async function ofVolume(looking: Looking, volume: string, known: Known): Promise<VolumeRebuild> {
  const { estate } = looking.loaded;
  const { host, mountpoint } = volumeOf(estate, volume);
  const jobs = Object.entries(estate.jobs);
  const [repositories, mirrors] = await Promise.all([
    Promise.all(repositoriesOf(estate, volume).map((name) => ofRepository(looking, volume, name, known))),
    Promise.all(jobs.map(([name, job]) => ofMirror(looking, volume, { name, job, now: known.now }))),
  ]);
  const holds = Object.keys(estate.repositories).filter(
    (name) => estate.repositories[name]?.volume === volume,
  );
  const sources = { repositories, mirrors: mirrors.flat(), holds };
  return { volume, host, mountpoint, ...sources, gone: goneWithout(sources) };
}

async function ofRepository(
  looking: Looking,
  volume: string,
  name: string,
  { answers, now }: Known,
): Promise<RepositorySource> {
  const { estate } = looking.loaded;
  const on = estate.repositories[name]?.volume;
  const answer = answers.get(name) ?? { snapshots: [] };
  const roots = await rootsOf(looking, volume);
  const options = { roots, assume: isOnlyVolume(looking, name, volume) };
  const covered =
    'snapshots' in answer ? answer.snapshots.filter(({ paths }) => coverOf(paths, options)) : [];
  const complete = covered.filter((snapshot) => !isPartial(snapshot));
  const ofAll = complete.filter(({ paths }) => coverOf(paths, options)?.how !== 'below');
  const taken = ofAll.length > 0 ? ofAll : complete; // as a rebuild does (src/domain/rebuild-source.ts)
  const [oldest, newest, last] = [taken[0], taken.at(-1), covered.at(-1)];
  const cover = newest && coverOf(newest.paths, options);
  const bytes = newest?.summary?.totalBytesProcessed ?? null;
  const speed = await drilledSpeed(looking, name);
  return {
    ...{ repository: name, volume: on ?? null, lostToo: await isLostWith(looking, volume, on) },
    ...{ snapshots: taken.length, from: oldest?.time ?? null, until: newest?.time ?? null },
    ageSeconds: newest ? age(newest.time, now) : null,
    snapshotId: newest?.id ?? null,
    ...{ files: newest?.summary?.totalFilesProcessed ?? null, bytes },
    partialUntil: last && isPartial(last) ? last.time : null,
    only: cover?.how === 'below' ? cover.saved : null,
    without: leftOut(estate, (job) => 'repository' in job && job.repository === name, volume),
    bytesPerSecond: speed,
    restoreSeconds: speed !== null && bytes !== null ? Math.ceil(bytes / speed) : null,
    problem: 'problem' in answer ? answer.problem : null,
  };
}

async function ofMirror(
  { loaded: { estate }, state, here }: Looking,
  volume: string,
  { name, job, now }: { name: string; job: Job; now: number },
): Promise<MirrorSource[]> {
  if (job.kind !== 'mirror' || job.volume !== volume) return [];
  const { host } = volumeOf(estate, volume);
  const until = (await knownRecord(readJobRecord(state, name)))?.lastSuccess?.endedAt ?? null;
  return [
    {
      ...{ job: name, remote: job.remote, until, ageSeconds: until === null ? null : age(until, now) },
      without: { paths: job.exclude, patterns: job.excludePatterns },
      problem: until === null && !here.has(host) ? elsewhere(host) : null,
    },
  ];
}

const age = (time: string, now: number): number => Math.max(0, Math.floor((now - Date.parse(time)) / 1000));

/** What all jobs that save the volume there leave out. */
function leftOut(
  { jobs }: Estate,
  isThere: (job: Job) => boolean,
  volume: string,
): RepositorySource['without'] {
  const saving = Object.values(jobs).flatMap((job) =>
    (job.kind === 'snapshot' || job.kind === 'backup') && job.volume === volume && isThere(job) ? [job] : [],
  );
  const [first, ...others] = saving;
  const inAll = (key: 'exclude' | 'excludePatterns'): string[] =>
    (first?.[key] ?? []).filter((name) => others.every((job) => job[key].includes(name)));
  return { paths: inAll('exclude'), patterns: inAll('excludePatterns') };
}

/** Whether a repository on a volume is lost with the drive of another. */
async function isLostWith(
  { loaded, here }: Looking,
  volume: string,
  on: string | undefined,
): Promise<boolean> {
  if (on === undefined) return false;
  const [mine, theirs] = [volumeOf(loaded.estate, volume), volumeOf(loaded.estate, on)];
  if (mine.host !== theirs.host) return false;
  const { drive } = mine;
  if (drive?.serial !== undefined && drive.serial === theirs.drive?.serial) return true;
  if (!here.has(mine.host)) return false;
  const onDisk = (name: string, { filesystem }: typeof mine) => ({
    root: volumeRoot(loaded, name),
    isMount: filesystem !== 'directory',
  });
  return shareDisk(onDisk(volume, mine), onDisk(on, theirs));
}

const Drilled = z.object({ bytesPerSecond: z.number(), compared: z.object({ bytes: z.number() }) });

/** Bytes per second by the complete drills of a repository. */
async function drilledSpeed(
  { loaded: { estate }, state }: Looking,
  repository: string,
): Promise<number | null> {
  const drills = Object.entries(estate.jobs).filter(
    ([, job]) => job.kind === 'drill' && job.repository === repository,
  );
  const records = await Promise.all(drills.map(([name]) => knownRecord(readJobRecord(state, name))));
  const ended = records.flatMap((record) => record?.lastSuccess ?? []);
  return speedByDrills(
    ended.flatMap(({ endedAt, result }) => {
      const { data } = Drilled.safeParse(result);
      return data ? { endedAt, ...data } : [];
    }),
  );
}
