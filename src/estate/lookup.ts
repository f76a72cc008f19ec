import { posix, resolve, win32 } from 'node:path';
import type { LoadedEstate } from './load.js';
import { splitVolumePath } from './paths.js';
import type { BackupJob, Estate, Job, Repository, SnapshotJob, Volume } from './schema.js';

/** The named entry of a section; throws a RangeError for a name that is not in it. */
function entry<T>(section: Readonly<Record<string, T>>, kind: string, name: string): T {
  const found = Object.hasOwn(section, name) ? section[name] : undefined;
  if (found === undefined) throw new RangeError(`the estate declares no ${kind} "${name}"`);
  return found;
}

/** Throws a RangeError if there is none of that name, as all look-ups here do. */
export const jobOf = (estate: Estate, name: string): Job => entry(estate.jobs, 'job', name);
export const volumeOf = (estate: Estate, name: string): Volume => entry(estate.volumes, 'volume', name);
export const repositoryOf = (estate: Estate, name: string): Repository =>
  entry(estate.repositories, 'repository', name);

/** The host whose worker runs the job: that of its source, or of the repository for check and drill. */
export function jobHost(estate: Estate, jobName: string): string {
  const job = jobOf(estate, jobName);
  switch (job.kind) {
    case 'snapshot':
    case 'backup':
    case 'mirror':
      return volumeOf(estate, job.volume).host;
    case 'graduation':
      return volumeOf(estate, splitVolumePath(job.from).volume).host;
    case 'purge':
      return volumeOf(estate, splitVolumePath(job.path).volume).host;
    case 'check':
    case 'drill': {
      const place = checkedPlace(job);
      if ('repository' in place) return repositoryOf(estate, place.repository).host;
      return jobHost(estate, mirrorTo(estate, place.remote));
    }
  }
}

/** What a check or drill looks into: a rule has made sure that it is one of both. */
export function checkedPlace({
  repository,
  remote,
}: CheckedPlace): { repository: string } | { remote: string } {
  if (repository !== undefined) return { repository };
  if (remote !== undefined) return { remote };
  throw new RangeError('no rule saw that a check has neither repository nor remote');
}
interface CheckedPlace {
  repository?: string | undefined;
  remote?: string | undefined;
}

/** The mirror job that writes a remote. */
export function mirrorTo({ jobs }: Estate, remote: string): string {
  const found = Object.entries(jobs).find(([, job]) => job.kind === 'mirror' && job.remote === remote);
  if (!found) throw new RangeError(`the estate declares no mirror to remote "${remote}"`);
  return found[0];
}

/** Every volume that the job reads or writes, the source first, each once. */
export function volumesOfJob(estate: Estate, jobName: string): string[] {
  const job = jobOf(estate, jobName);
  const names: (string | undefined)[] = [];
  if (job.kind === 'graduation') names.push(splitVolumePath(job.from).volume, splitVolumePath(job.to).volume);
  if (job.kind === 'purge') names.push(splitVolumePath(job.path).volume);
  if ('volume' in job) names.push(job.volume);
  if (job.kind === 'drill') names.push(...drilledVolumes(estate, job.repository));
  if (job.kind === 'check' && job.remote !== undefined)
    names.push(...volumesOfJob(estate, mirrorTo(estate, job.remote)));
  if ('repository' in job && job.repository !== undefined)
    names.push(repositoryOf(estate, job.repository).volume);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** The jobs that save to a repository, by name. */
export const savingJobs = (estate: Estate, repository: string): [string, SnapshotJob | BackupJob][] =>
  Object.entries(estate.jobs).flatMap(([name, job]) =>
    (job.kind === 'snapshot' || job.kind === 'backup') && job.repository === repository ? [[name, job]] : [],
  );

/** The volumes that a repository has snapshots of, as far as they are its host's own: what a drill compares with. */
const drilledVolumes = (estate: Estate, repository: string): string[] =>
  savingJobs(estate, repository)
    .map(([, { volume }]) => volume)
    .filter((volume) => volumeOf(estate, volume).host === repositoryOf(estate, repository).host);

/** The volume that the job fills; undefined for one that writes elsewhere or nowhere. */
export function destinationOfJob(estate: Estate, jobName: string): string | undefined {
  const job = jobOf(estate, jobName);
  if (job.kind === 'graduation') return splitVolumePath(job.to).volume;
  if (job.kind === 'snapshot' || job.kind === 'backup') return repositoryOf(estate, job.repository).volume;
  return undefined;
}

/** Absolute path of a volume's root on its host. */
export function volumeRoot({ estate, directory }: LoadedEstate, volumeName: string): string {
  const { mountpoint, host } = volumeOf(estate, volumeName);
  if (estate.hosts[host]?.platform === 'windows') return win32.normalize(mountpoint);
  return resolve(directory, mountpoint);
}

/** Absolute path of a repository that lies on a volume; undefined for any other. */
export function repositoryPath(loaded: LoadedEstate, repositoryName: string): string | undefined {
  const { volume, path } = repositoryOf(loaded.estate, repositoryName);
  if (volume === undefined || path === undefined) return undefined;
  return posix.join(volumeRoot(loaded, volume), path);
}

/** The repositories that lie on a volume; `path` is relative to its root. */
export const repositoriesOn = (estate: Estate, volumeName: string): { name: string; path: string }[] =>
  Object.entries(estate.repositories).flatMap(([name, { volume, path }]) =>
    volume === volumeName && path !== undefined
      ? [{ name, path: posix.normalize(path).replace(/\/$/, '') }]
      : [],
  );

/** Whether restic reaches a repository through rclone. */
export function isBehindRclone(estate: Estate, repositoryName: string): boolean {
  const { remote, url } = repositoryOf(estate, repositoryName);
  return remote !== undefined || url?.startsWith('rclone:') === true;
}

/** `PATH` below a repository's remote, as rclone takes it after the remote's name; undefined for any other. */
export function repositoryRemotePath(estate: Estate, repositoryName: string): string | undefined {
  const { remote, path } = repositoryOf(estate, repositoryName);
  if (remote === undefined || path === undefined) return undefined;
  return posix.join(entry(estate.remotes, 'remote', remote).path ?? '', path);
}

/** One line for people: `snapshot of flux to flux-local`. */
export function describeJob(estate: Estate, jobName: string): string {
  const job = jobOf(estate, jobName);
  switch (job.kind) {
    case 'snapshot':
    case 'backup':
      return `${job.kind} of ${job.volume} to ${job.repository}`;
    case 'mirror':
      return `mirror of ${job.volume} to ${job.remote}`;
    case 'graduation':
      return `graduation from ${job.from} to ${job.to}`;
    case 'purge':
      return `purge of ${job.path}`;
    case 'check':
    case 'drill':
      return `${job.kind} of ${Object.values(checkedPlace(job)).join()}`;
  }
}
