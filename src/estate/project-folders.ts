import { splitVolumePath } from './paths.js';
import type { Estate } from './schema.js';

/** Folders of a volume, relative to its root, in which graduation finds or puts projects. */
export function projectFolders(estate: Estate, volume: string): string[] {
  const places = Object.values(estate.jobs)
    .flatMap((job) => (job.kind === 'graduation' ? [job.from, job.to] : []))
    .map(splitVolumePath)
    .filter((place) => place.volume === volume && place.path !== '');
  return [...new Set(places.map(({ path }) => path))];
}
