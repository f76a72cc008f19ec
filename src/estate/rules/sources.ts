import type { DraftJob } from '../draft.js';
import { isWithin, splitVolumePath } from '../paths.js';
import { showText } from '../yaml/show.js';
import { PlaceIndex, placeKey } from './place-index.js';
import type { Rule } from './rule.js';

type Writer = Extract<DraftJob, { kind: 'snapshot' | 'backup' }>;

/** The jobs that write snapshots. */
export const writers = (jobs: Readonly<Record<string, DraftJob>>): [string, Writer][] =>
  Object.entries(jobs).filter(
    (entry): entry is [string, Writer] => entry[1].kind === 'snapshot' || entry[1].kind === 'backup',
  );

/** A repository does not lie in the volume that is saved to it, and lies on the same host if it lies on a disk. */
export const repositoryOutsideSource: Rule = ({ draft, places, report }) => {
  for (const [name, { volume, repository }] of writers(draft.jobs)) {
    const [source, target] = [places.volume(volume), places.repository(repository)];
    if (!source || !target) continue;
    if (source.host !== target.host) {
      report(
        ['jobs', name, 'repository'],
        `found a repository on a disk of host "${target.host}", expected one that host "${source.host}" of volume "${String(volume)}" can reach`,
      );
    } else if (isWithin(target.path, source.path)) {
      report(
        ['jobs', name, 'repository'],
        `found a repository inside its own source, volume "${String(volume)}", expected one elsewhere`,
      );
    }
  }
};

/** A `keep` keeps something. */
export const keepsSomething: Rule = ({ draft, intact, report }) => {
  for (const [name, { keep }] of writers(draft.jobs)) {
    if (keep && intact(['jobs', name, 'keep']) && !Object.values(keep).some((count) => (count ?? 0) > 0)) {
      report(
        ['jobs', name, 'keep'],
        'found no count above zero, expected one of last, hourly, daily, weekly, monthly and yearly',
      );
    }
  }
};

/** Graduation moves from one folder to another that has nothing to do with it, on one host. */
export const graduations: Rule = ({ draft, places, report }) => {
  for (const [name, job] of Object.entries(draft.jobs)) {
    if (job.kind !== 'graduation') continue;
    const [from, to] = [places.folder(job.from), places.folder(job.to)];
    if (!from || !to) continue;
    const at = ['jobs', name, 'to'];
    if (from.host !== to.host) {
      report(at, `found a folder on host "${to.host}", expected one on host "${from.host}", where "from" is`);
    } else if (isWithin(to.path, from.path)) {
      report(
        at,
        `found ${showText(job.to ?? '')}, which lies in its own source, expected a folder elsewhere`,
      );
    } else if (isWithin(from.path, to.path)) {
      report(
        at,
        `found ${showText(job.to ?? '')}, which lies above its own source, expected a folder elsewhere`,
      );
    }
  }
};

/** Purge deletes below a folder of its volume, not below the root. */
export const purgeRoots: Rule = ({ draft, report }) => {
  for (const [name, job] of Object.entries(draft.jobs)) {
    if (job.kind !== 'purge' || job.path === undefined) continue;
    const { volume, path } = splitVolumePath(job.path);
    if (path === '')
      report(['jobs', name, 'path'], `found the root of volume "${volume}", expected a folder on it`);
  }
};

/** Neither purge nor graduation takes a repository apart. */
export const repositoriesStayWhole: Rule = ({ draft, places, report }) => {
  const repositories = new PlaceIndex();
  for (const name of Object.keys(draft.repositories)) {
    const place = places.repository(name);
    if (place) repositories.add(placeKey(place), name);
  }
  for (const [name, job] of Object.entries(draft.jobs)) {
    if (job.kind !== 'graduation' && job.kind !== 'purge') continue;
    const folder = places.folder(job.kind === 'graduation' ? job.from : job.path);
    const hit = folder && repositories.meeting(placeKey(folder));
    if (hit === undefined) continue;
    const message = `found a folder that holds, or lies in, repository "${hit}", expected one without`;
    report(['jobs', name, job.kind === 'graduation' ? 'from' : 'path'], message);
  }
};
