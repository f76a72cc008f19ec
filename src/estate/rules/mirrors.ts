import { posix } from 'node:path';
import { canonicalJson } from '../../domain/declaration.js';
import type { Draft } from '../draft.js';
import { isWithin } from '../paths.js';
import type { Rule } from './rule.js';

/** Backends whose buckets have the same name for every account that reaches them. */
const GLOBAL_BUCKETS = new Set(['b2', 's3', 'gcs']);

/** Where a mirror writes: nothing else may write there, or the mirror deletes it. */
interface Target {
  job: string;
  place: string;
}

/** A mirror has a path of its own, outside its source, and nobody else writes below it. */
export const mirrors: Rule = ({ draft, places, report, reportMissing }) => {
  const targets: Target[] = [];
  for (const [job, { kind, ...keys }] of Object.entries(draft.jobs)) {
    if (kind !== 'mirror' || !('remote' in keys) || keys.remote === undefined) continue;
    const remote = Object.hasOwn(draft.remotes, keys.remote) ? draft.remotes[keys.remote] : undefined;
    if (remote && remote.path === undefined) {
      reportMissing(
        ['remotes', keys.remote, 'path'],
        `the bucket, or bucket and folder, that mirror "${job}" writes`,
      );
    }
    const place = remotePlace(draft, keys.remote, '');
    if (place === undefined) continue;
    const other = targets.find((target) => isWithin(place, target.place) || isWithin(target.place, place));
    if (other)
      report(
        ['jobs', job, 'remote'],
        `found a remote path that mirror "${other.job}" writes too, expected one of its own`,
      );
    targets.push({ job, place });
    const source = places.volume(keys.volume);
    const local =
      remote?.type === 'local' && remote.path?.startsWith('/') ? posix.normalize(remote.path) : undefined;
    if (source && local !== undefined && (isWithin(local, source.path) || isWithin(source.path, local))) {
      report(
        ['jobs', job, 'remote'],
        `found a remote that overlaps its own source, volume "${String(keys.volume)}", expected one elsewhere`,
      );
    }
  }
  for (const [name, { remote, path }] of Object.entries(draft.repositories)) {
    const place = remote === undefined || path === undefined ? undefined : remotePlace(draft, remote, path);
    const hit =
      place === undefined
        ? undefined
        : targets.find((target) => isWithin(place, target.place) || isWithin(target.place, place));
    if (hit) {
      report(
        ['repositories', name, 'path'],
        `found a path that mirror "${hit.job}" writes too and would delete, expected one of its own`,
      );
    }
  }
};

/** Two paths on a remote meet when their places do. */
function remotePlace(draft: Draft, name: string, below: string): string | undefined {
  const remote = Object.hasOwn(draft.remotes, name) ? draft.remotes[name] : undefined;
  if (remote?.type === undefined || remote.path === undefined) return undefined;
  const account = GLOBAL_BUCKETS.has(remote.type) ? {} : remote.secrets;
  return `${canonicalJson([remote.type, remote.options, account])}/${posix.join('/', remote.path, below).replace(/\/$/, '')}`;
}
