import { statfs } from 'node:fs/promises';
import { isAbsolute, normalize } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { isProtectedName } from '../../domain/purge.js';
import type { ConflictPolicy, RestoreTarget } from '../../domain/restore.js';
import { repositoryPath, volumeRoot } from '../../estate/lookup.js';
import { isWithin } from '../../estate/paths.js';
import { nearest } from '../../estate/suggest.js';
import { entryPath } from '../folder-entry.js';
import { requireKeeping } from './filesystem.js';
import { type Ground, onGround, stateOfFolder, volumeGround } from './ground.js';
import type { RestoreSetting } from './setting.js';

/** A target as this host understands it. */
export type Target =
  | { kind: 'beside'; ground: Ground }
  | { kind: 'in-place'; ground: Ground; conflict: ConflictPolicy }
  /** `folder` is below the ground's root. */
  | { kind: 'folder'; ground: Ground; folder: string[] };

/**
 * What a restore's target means on this host, by the host's own estate. Fails with `TargetRefused` for a place outside the
 * declared volumes and `restoreRoots`, or in what is not the user's, and with `DestinationExists`, `PathUnsafe`.
 */
export async function resolveTarget(
  setting: RestoreSetting,
  target: RestoreTarget,
  { volume, paths }: { volume: string; paths: readonly Buffer[] },
): Promise<Target> {
  if (target.kind === 'folder') {
    const named = folderTarget(setting, target.folder);
    if (named.ground.volume !== undefined) await setting.requireVolume(named.ground.volume);
    await onGround(named.ground, async (root) => {
      requireKeeping(named.ground.root, await statfs(entryPath(root, Buffer.from('.'))));
      await stateOfFolder(
        root,
        named.ground,
        named.folder.map((name) => Buffer.from(name)),
      );
    });
    return named;
  }
  requireOwn(setting, volume, paths.length === 0 ? '' : printableName(paths[0] ?? '').path);
  const ground = volumeGround(setting, volume);
  for (const path of paths) {
    const place = `${ground.root}/${path.toString()}`.replace(/\/$/, '');
    const repository = repositories(setting).find(
      ({ folder }) => isWithin(place, folder) || (target.kind === 'in-place' && isWithin(folder, place)),
    );
    if (repository)
      throw refused(place, `the repository ${repository.name} is there`, 'restore it with --target');
  }
  return target.kind === 'beside'
    ? { kind: 'beside', ground }
    : { kind: 'in-place', ground, conflict: target.conflict };
}

function folderTarget(setting: RestoreSetting, text: string): Target & { kind: 'folder' } {
  const { loaded, host } = setting;
  if (text.includes('\0') || text.split('/').includes('..'))
    throw new FtsError(
      'TargetRefused',
      `${JSON.stringify(text)} is no target: it has ".." or NUL in it`,
      'name the folder itself: absolute, or VOLUME/PATH',
    );
  const ground = isAbsolute(text) ? groundOf(setting, normalize(text)) : undefined;
  const [volume = '', ...rest] = text.split('/');
  const place = ground ?? { ...ownVolume(setting, volume), below: rest.join('/') };
  const folder = place.below.split('/').filter((name) => name !== '' && name !== '.');
  if (isProtectedName(folder[0] ?? ''))
    throw refused(text, "that is this product's own", 'name another folder');
  const whole = [place.ground.root, ...folder].join('/');
  const inside = repositories({ loaded, host }).find((repository) => isWithin(whole, repository.folder));
  if (inside) throw refused(whole, `it lies in the repository ${inside.name}`, 'name another folder');
  return { kind: 'folder', ground: place.ground, folder };
}

/** The volume that an absolute path lies in, whose guard then answers; else the declared folder. Of several the innermost. */
function groundOf(setting: RestoreSetting, path: string): { ground: Ground; below: string } {
  const { loaded, host } = setting;
  const { volumes, restoreRoots } = loaded.estate;
  const own = Object.keys(volumes).filter((volume) => volumes[volume]?.host === host);
  const grounds: Ground[] = [
    ...own.map((volume) => ({ volume, root: volumeRoot(loaded, volume) })),
    ...(restoreRoots[host] ?? []).map((root) => ({
      volume: undefined,
      root: normalize(root).replace(/(.)\/$/, '$1'),
    })),
  ];
  const [ground] = grounds
    .filter(({ root }) => isWithin(path, root))
    .sort((one, other) => rank(other) - rank(one));
  if (ground) return { ground, below: path.slice(ground.root.length) };
  throw refused(
    path,
    `host ${host} restores only below ${grounds.map(({ root }) => root).join(', ')}`,
    `name a folder there, or add it to restoreRoots of ${host}`,
  );
}

const rank = ({ volume, root }: Ground): number => root.length + (volume === undefined ? 0 : LONGEST_PATH);
const LONGEST_PATH = 4096;

function ownVolume(setting: RestoreSetting, volume: string): { ground: Ground } {
  requireOwn(setting, volume, '');
  return { ground: volumeGround(setting, volume) };
}

/** Fails with `RequestInvalid` unless this host has the volume. */
function requireOwn({ loaded, host }: RestoreSetting, volume: string, path: string): void {
  const { volumes } = loaded.estate;
  const declared = Object.hasOwn(volumes, volume) ? volumes[volume] : undefined;
  if (declared === undefined) {
    const meant = nearest(volume, Object.keys(volumes));
    const hint =
      meant === undefined
        ? `it declares ${Object.keys(volumes).join(', ')}; a target is absolute, or VOLUME/PATH`
        : `did you mean ${meant}?`;
    throw new FtsError('RequestInvalid', `the estate declares no volume ${volume}`, hint);
  }
  if (declared.host !== host) {
    throw new FtsError(
      'RequestInvalid',
      `${[volume, path].filter(Boolean).join('/')} belongs on host ${declared.host}, and the repository to host ${host}`,
      'restore it to a folder of this host with --target',
    );
  }
}

/** Repositories that are folders of this host. */
const repositories = ({ loaded, host }: Pick<RestoreSetting, 'loaded' | 'host'>) =>
  Object.keys(loaded.estate.repositories).flatMap((name) => {
    const folder = repositoryPath(loaded, name);
    return folder !== undefined && loaded.estate.repositories[name]?.host === host ? [{ name, folder }] : [];
  });

const refused = (path: string, why: string, hint: string): FtsError =>
  new FtsError('TargetRefused', `nothing is restored to ${path}: ${why}`, hint);
