import { showText } from '../yaml/show.js';
import { PlaceIndex, placeKey } from './place-index.js';
import type { Rule } from './rule.js';

/** A repository lies in one place only: on a volume, at a url, or behind a remote. */
export const repositoryPlaces: Rule = ({ draft, intact, report, reportMissing }) => {
  for (const [name, { volume, path, url, remote }] of Object.entries(draft.repositories)) {
    const at = (key: string) => ['repositories', name, key];
    if (!['volume', 'url', 'remote'].every((key) => intact(at(key)))) continue;
    const given = Object.entries({ volume, remote, url }).filter(([, value]) => value !== undefined);
    const [first, second] = given.map(([key]) => key);
    if (second !== undefined) {
      report(at(second), `found both ${String(first)} and ${second}, expected one of volume, remote and url`);
    } else if (first === undefined) {
      reportMissing(at('volume'), 'one of volume and path, remote and path, or url');
    } else if (first === 'url' && path !== undefined) {
      report(at('path'), 'found both url and path, expected url alone, or volume and path');
    } else if (first !== 'url' && path === undefined) {
      reportMissing(at('path'), `a path relative to the ${first}'s root`);
    }
  }
};

/** A repository has a host, that of its volume if it lies on one. */
export const repositoryHosts: Rule = ({ draft, places, report, reportMissing }) => {
  for (const [name, { host, volume, url, remote }] of Object.entries(draft.repositories)) {
    const volumeHost =
      volume !== undefined && Object.hasOwn(draft.volumes, volume) ? draft.volumes[volume]?.host : undefined;
    if (host !== undefined && volumeHost !== undefined && host !== volumeHost) {
      report(
        ['repositories', name, 'host'],
        `found ${showText(host)}, expected ${showText(volumeHost)}, the host of volume "${String(volume)}"`,
      );
    }
    const told = url !== undefined || remote !== undefined;
    if (host === undefined && told && places.repositoryHost(name) === undefined) {
      reportMissing(['repositories', name, 'host'], 'the host that looks after it: its jobs do not tell');
    }
  }
};

/** A local url does not lead onto a volume: the guard of that volume would not be asked. */
export const localUrls: Rule = ({ draft, places, report }) => {
  const volumes = new PlaceIndex();
  for (const name of Object.keys(draft.volumes)) {
    const place = places.volume(name);
    if (place) volumes.add(placeKey(place), name);
  }
  for (const [name, { url, volume: declared }] of Object.entries(draft.repositories)) {
    const place = url === undefined || declared !== undefined ? undefined : places.repository(name);
    const volume = place && (volumes.at(placeKey(place)) ?? volumes.around(placeKey(place)));
    if (volume === undefined) continue;
    const message = `found a path on volume "${volume}", expected volume: ${volume} and path: in place of url`;
    report(['repositories', name, 'url'], message);
  }
};

/** Two names for one repository would not exclude each other. */
export const oneNameEach: Rule = ({ draft, places, warn }) => {
  const names = new Map<string, string>();
  for (const [name, { volume, url, remote, path }] of Object.entries(draft.repositories)) {
    const place = places.repository(name);
    const location = place ? placeKey(place) : (url ?? `${remote ?? ''}:${path ?? ''}`);
    const other = names.get(location);
    if (other === undefined) names.set(location, name);
    else
      warn(
        ['repositories', name, volume === undefined && url !== undefined ? 'url' : 'path'],
        `the same place as repository "${other}"`,
      );
  }
};
