import type { Estate } from './schema.js';

/** Volumes that jobs save to a repository. */
export const volumesSavedTo = (estate: Estate, repository: string): string[] =>
  distinct(
    Object.values(estate.jobs).flatMap((job) =>
      (job.kind === 'snapshot' || job.kind === 'backup') && job.repository === repository ? [job.volume] : [],
    ),
  );

/** Repositories to which jobs save a volume, those on a volume of the estate first. */
export function repositoriesOf(estate: Estate, volume: string): string[] {
  const all = Object.values(estate.jobs).flatMap((job) =>
    (job.kind === 'snapshot' || job.kind === 'backup') && job.volume === volume ? [job.repository] : [],
  );
  const isLocal = (name: string): boolean => estate.repositories[name]?.volume !== undefined;
  return distinct([...all.filter(isLocal), ...all.filter((name) => !isLocal(name))]);
}

/** Repositories of these hosts, without those of these names. */
export const otherRepositories = (
  { repositories }: Estate,
  isHere: (host: string) => boolean,
  names: readonly string[],
): string[] =>
  Object.entries(repositories).flatMap(([name, { host }]) =>
    isHere(host) && !names.includes(name) ? [name] : [],
  );

/** Mirrors of the estate: volume and remote, each pair once. */
export function mirrorsOf(estate: Estate): { volume: string; remote: string }[] {
  const pairs = Object.values(estate.jobs).flatMap((job) =>
    job.kind === 'mirror' ? [{ volume: job.volume, remote: job.remote }] : [],
  );
  return pairs.filter(
    ({ volume, remote }, index) =>
      pairs.findIndex((pair) => pair.volume === volume && pair.remote === remote) === index,
  );
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
