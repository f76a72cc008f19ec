import { FtsError } from '../../domain/failures.js';
import type { MirrorSource, RestoreRequest } from '../../domain/restore.js';
import { mirrorsOf } from '../../estate/saved-by.js';
import { nearest } from '../../estate/suggest.js';
import type { RcloneRemote } from '../rclone-remote.js';
import type { RestoreSetting } from './setting.js';

/** The mirror that is meant. */
export interface FoundMirror {
  source: MirrorSource;
  remote: RcloneRemote;
  /** The time by which versions are told; undefined for what is there now. */
  versionAt: string | undefined;
}

/** Backends whose hidden versions rclone tells by time. */
const KEEPS_VERSIONS: ReadonlySet<string> = new Set(['b2']);

export const keepsVersions = ({ type }: Pick<RcloneRemote, 'type'>): boolean => KEEPS_VERSIONS.has(type);

/** rclone's options for a mirror as it was at a time. */
export const versionOptions = (versionAt: string | undefined): string[] =>
  versionAt === undefined ? [] : ['--b2-version-at', versionAt];

/**
 * The remote that is asked for, or to which a job mirrors the volume, opened. Fails with `RequestInvalid`, also for a time in
 * the past of a remote that keeps no versions, and as `openRemote` does.
 */
export async function findMirror(
  setting: Pick<RestoreSetting, 'loaded' | 'openRemote' | 'now'>,
  request: Pick<RestoreRequest, 'remote' | 'snapshot' | 'at'>,
  volume: string,
): Promise<FoundMirror> {
  const { estate } = setting.loaded;
  if (request.snapshot !== undefined)
    throw new FtsError('RequestInvalid', 'a mirror has no snapshots', 'name a time with --at');
  const mirrors = mirrorsOf(estate);
  const name = request.remote ?? mirrors.find((mirror) => mirror.volume === volume)?.remote;
  if (name === undefined || !Object.hasOwn(estate.remotes, name)) throw unknown(estate.remotes, name ?? '');
  const [other] = mirrors.filter((mirror) => mirror.remote === name);
  const isIts = mirrors.some((mirror) => mirror.remote === name && mirror.volume === volume);
  if (other && !isIts)
    throw new FtsError(
      'RequestInvalid',
      `remote ${name} has the mirror of volume ${other.volume}, not of ${volume}`,
      `ask for ${other.volume}/PATH`,
    );
  const remote = await setting.openRemote(name);
  const { at } = request;
  if (at !== undefined && !keepsVersions(remote))
    throw new FtsError(
      'RequestInvalid',
      `remote ${name} is of type ${remote.type}, of which earlier versions cannot be told: it has what is there now`,
      'leave out --at',
    );
  const notes = isIts
    ? []
    : [`no job mirrors a volume to ${name}: what is there is taken for volume ${volume}`];
  return {
    source: { remote: name, at: at ?? setting.now().toISOString(), ...(notes.length > 0 && { notes }) },
    remote,
    versionAt: at,
  };
}

function unknown(remotes: object, name: string): FtsError {
  const known = Object.keys(remotes);
  const meant = nearest(name, known);
  return new FtsError(
    'RequestInvalid',
    `the estate declares no remote ${name}`,
    meant === undefined ? `it declares ${known.join(', ') || 'none'}` : `did you mean ${meant}?`,
  );
}
