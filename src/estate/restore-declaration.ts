import { differingKeys } from '../domain/declaration.js';
import { FtsError } from '../domain/failures.js';
import type { Declaration } from '../domain/job.js';
import { parseRequestPath } from '../domain/request-path.js';
import type { RestoreRequest } from '../domain/restore.js';
import { declarationFrom, named } from './declaration.js';
import { mirrorsOf, repositoriesOf } from './saved-by.js';
import type { Estate } from './schema.js';

/** What decides which parts of an estate a restore refers to. */
export type DeclaredRestore = Pick<RestoreRequest, 'paths' | 'repository' | 'remote' | 'target'>;

/**
 * What the estate declares for a restore by a host: the volume, where it is saved, and where the host may write. Throws
 * `UsageError` for a path that cannot be meant.
 */
export function restoreDeclaration(estate: Estate, host: string, restore: DeclaredRestore): Declaration {
  const [path] = restore.paths;
  const volume = path === undefined ? '' : parseRequestPath(path).volume;
  const parts: Record<string, unknown> = { estate: estate.estate, timezone: estate.timezone };
  const hosts = new Set([host]);
  const add = (section: 'volumes' | 'repositories' | 'remotes' | 'hosts', name: string): void => {
    const entry = Object.hasOwn(estate[section], name) ? estate[section][name] : undefined;
    if (entry === undefined) return;
    Object.assign(parts, named(`${section}.${name}`, entry));
    if ('host' in entry) hosts.add(entry.host);
    if (section === 'repositories' && 'remote' in entry && entry.remote !== undefined)
      add('remotes', entry.remote);
  };
  for (const name of [volume, ...targetVolumes(estate, host, restore)]) add('volumes', name);
  const { repositories, remotes } = sourcesOf(estate, volume, restore);
  parts.savedTo = [...repositories, ...remotes].sort();
  for (const name of repositories) add('repositories', name);
  for (const name of remotes) add('remotes', name);
  for (const name of hosts) add('hosts', name);
  if (isAbsoluteTarget(restore)) parts[`restoreRoots.${host}`] = estate.restoreRoots[host] ?? [];
  return declarationFrom(parts);
}

/** Fails with `EstateSkew`, naming the differing keys, if a restore was asked for by another declaration than this host's. */
export function requireSameDeclaration(
  estate: Estate,
  host: string,
  restore: DeclaredRestore & { declaration?: Declaration },
): void {
  if (restore.declaration === undefined) return;
  const mine = restoreDeclaration(estate, host, restore);
  if (mine.digest === restore.declaration.digest) return;
  throw new FtsError(
    'EstateSkew',
    `host ${host} declares what the restore needs differently: ${differingKeys(mine, restore.declaration).join(', ')}`,
    'give both the same estate file, then ask again',
  );
}

const isAbsoluteTarget = ({ target }: DeclaredRestore): boolean =>
  target.kind === 'folder' && target.folder.startsWith('/');

/** Volumes in which the target may lie. */
function targetVolumes({ volumes }: Estate, host: string, restore: DeclaredRestore): string[] {
  if (restore.target.kind !== 'folder') return [];
  if (!isAbsoluteTarget(restore)) return [restore.target.folder.split('/', 1)[0] ?? ''];
  return Object.keys(volumes).filter((name) => volumes[name]?.host === host);
}

function sourcesOf(
  estate: Estate,
  volume: string,
  { repository, remote }: DeclaredRestore,
): { repositories: string[]; remotes: string[] } {
  if (repository !== undefined) return { repositories: [repository], remotes: [] };
  if (remote !== undefined) return { repositories: [], remotes: [remote] };
  const mirrors = mirrorsOf(estate).filter((mirror) => mirror.volume === volume);
  return {
    repositories: repositoriesOf(estate, volume),
    remotes: mirrors.map((mirror) => mirror.remote),
  };
}
