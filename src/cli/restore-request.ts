import { randomBytes } from 'node:crypto';
import { parseRequestPath } from '../domain/request-path.js';
import type { ConflictPolicy, RestoreInput, RestorePlan, RestoreTarget } from '../domain/restore.js';
import { UsageError } from '../domain/usage-error.js';
import { restoreDeclaration } from '../estate/restore-declaration.js';
import { repositoriesOf } from '../estate/saved-by.js';
import type { Estate } from '../estate/schema.js';
import { unknownName } from './known-name.js';
import { type SourceWish, sourceOf } from './source-wish.js';

/** What a person asks for. */
export interface RestoreWish extends SourceWish {
  paths: string[];
  target?: string;
  inPlace: boolean;
  conflict?: ConflictPolicy;
}

/** Random enough for the restores of one estate, and short enough to be typed (bytes). */
const ID_BYTES = 4;

/** The input of a restore's workflow, from this estate. Throws `UsageError` for what cannot be meant. */
export function restoreInput(estate: Estate, wish: RestoreWish): RestoreInput {
  const { paths, repository, remote } = wish;
  const [volume = '', ...others] = new Set(paths.map((path) => parseRequestPath(path).volume));
  if (others.length > 0)
    throw new UsageError('one restore is of one volume', { hint: 'start one for each volume' });
  if (!Object.hasOwn(estate.volumes, volume))
    throw unknownName('volume', volume, Object.keys(estate.volumes), 'a path is VOLUME/PATH');
  return declared(estate, {
    ...{ estate: estate.estate, id: randomBytes(ID_BYTES).toString('hex'), paths },
    host: remote === undefined ? hostOf(estate, volume, repository) : (estate.volumes[volume]?.host ?? ''),
    target: targetOf(wish),
    ...sourceOf(estate, wish),
  });
}

/** The same request for the very snapshot that was looked at, or for the mirror. */
export function pinned(estate: Estate, asked: RestoreInput, { source }: RestorePlan): RestoreInput {
  if ('remote' in source) return declared(estate, { ...asked, remote: source.remote });
  const { at: _, ...input } = asked;
  return declared(estate, { ...input, repository: source.repository, snapshot: source.snapshotId });
}

const declared = (estate: Estate, input: RestoreInput): RestoreInput => ({
  ...input,
  declaration: restoreDeclaration(estate, input.host, input),
});

/** The host that has the repository's secrets, and works. */
function hostOf(estate: Estate, volume: string, repository: string | undefined): string {
  const from = repository ?? repositoriesOf(estate, volume)[0];
  const host = from === undefined ? undefined : estate.repositories[from]?.host;
  return host ?? estate.volumes[volume]?.host ?? '';
}

function targetOf({ target, inPlace, conflict }: RestoreWish): RestoreTarget {
  if (target !== undefined && inPlace)
    throw new UsageError('--target and --in-place exclude each other', { hint: 'give one of the two' });
  if (conflict !== undefined && !inPlace)
    throw new UsageError('--conflict is for --in-place: elsewhere nothing is overwritten', {
      hint: 'give --in-place too, or leave --conflict out',
    });
  if (inPlace) return { kind: 'in-place', conflict: conflict ?? 'replace' };
  return target === undefined ? { kind: 'beside' } : { kind: 'folder', folder: target };
}
