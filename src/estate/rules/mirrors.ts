import { posix } from 'node:path';
import { canonicalJson } from '../../domain/declaration.js';
import type { Draft, DraftJob } from '../draft.js';
import { isWithin } from '../paths.js';
import { showText } from '../yaml/show.js';
import { PlaceIndex } from './place-index.js';
import type { Rule } from './rule.js';

/** Backends whose buckets have the same name for every account that reaches them. */
const GLOBAL_BUCKETS = new Set(['b2', 's3', 'gcs']);

type DraftMirror = Extract<DraftJob, { kind: 'mirror' }>;

const mirrorJobs = (draft: Draft): [string, DraftMirror][] =>
  Object.entries(draft.jobs).filter((entry): entry is [string, DraftMirror] => entry[1].kind === 'mirror');

/** A mirror has a remote path of its own: whoever else writes there, or below it, has it deleted by the mirror. */
export const mirrorTargets: Rule = ({ draft, report, reportMissing }) => {
  const targets = new PlaceIndex();
  for (const [job, { remote }] of mirrorJobs(draft)) {
    if (remote === undefined) continue;
    const declared = Object.hasOwn(draft.remotes, remote) ? draft.remotes[remote] : undefined;
    if (declared && declared.path === undefined) {
      reportMissing(
        ['remotes', remote, 'path'],
        `the bucket, or bucket and folder, that mirror "${job}" writes`,
      );
    }
    const place = remotePlace(draft, remote, '');
    if (place === undefined) continue;
    const other = targets.meeting(place);
    if (other !== undefined) {
      const message = `found a remote path that mirror "${other}" writes too, expected one of its own`;
      report(['jobs', job, 'remote'], message);
    }
    targets.add(place, job);
  }
  for (const [name, { remote, path }] of Object.entries(draft.repositories)) {
    const place = remote === undefined || path === undefined ? undefined : remotePlace(draft, remote, path);
    const hit = place === undefined ? undefined : targets.meeting(place);
    if (hit === undefined) continue;
    const message = `found a path that mirror "${hit}" writes too and would delete, expected one of its own`;
    report(['repositories', name, 'path'], message);
  }
};

/** A mirror to a local path does not write into its own source, nor over it. */
export const mirrorSources: Rule = ({ draft, places, report }) => {
  for (const [job, { volume, remote: name }] of mirrorJobs(draft)) {
    const remote = name !== undefined && Object.hasOwn(draft.remotes, name) ? draft.remotes[name] : undefined;
    const source = places.volume(volume);
    if (!source || remote?.type !== 'local' || remote.path === undefined) continue;
    const { path: target } = places.onHost(source.host, remote.path);
    if (!isWithin(target, source.path) && !isWithin(source.path, target)) continue;
    const message = `found a remote that overlaps its own source, volume "${String(volume)}", expected one elsewhere`;
    report(['jobs', job, 'remote'], message);
  }
};

/** What a mirror's remote must not be told, and why. */
const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  hard_delete: 'a mirror that hides what it deletes: hidden versions go by the lifecycle rule of the bucket',
  versions: 'none: old versions would be taken for files of the mirror',
  version_at: 'none: old versions would be taken for files of the mirror',
};

/** What a mirror deletes stays in the bucket, hidden, for as long as its lifecycle rule says. */
export const mirrorOptions: Rule = ({ draft, reportKey }) => {
  const remotes = new Set(mirrorJobs(draft).map(([, { remote }]) => remote ?? ''));
  for (const name of remotes) {
    const remote = Object.hasOwn(draft.remotes, name) ? draft.remotes[name] : undefined;
    if (remote?.type !== 'b2') continue;
    for (const key of Object.keys(remote.options ?? {}).filter((option) =>
      Object.hasOwn(REFUSED_OPTIONS, option),
    )) {
      const message = `found ${showText(key)}, expected ${String(REFUSED_OPTIONS[key])}`;
      reportKey(['remotes', name, 'options', key], message);
    }
  }
};

/** Only B2 has a rule for what is hidden. */
export const hiddenVersions: Rule = ({ draft, reportKey }) => {
  for (const [name, { type, keepHidden }] of Object.entries(draft.remotes)) {
    if (keepHidden === undefined || type === undefined || type === 'b2') continue;
    reportKey(['remotes', name, 'keepHidden'], `found it for type "${type}", expected it for "b2" only`);
  }
};

/** Where a path on a remote lies, for a `PlaceIndex`. */
function remotePlace(draft: Draft, name: string, below: string): string | undefined {
  const remote = Object.hasOwn(draft.remotes, name) ? draft.remotes[name] : undefined;
  if (remote?.type === undefined || remote.path === undefined) return undefined;
  const account = GLOBAL_BUCKETS.has(remote.type) ? {} : remote.secrets;
  const path = posix.join('/', remote.path, below).replace(/\/$/, '');
  return `${canonicalJson([remote.type, remote.options, account])}${path}`;
}
