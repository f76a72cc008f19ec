import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/declaration.js';
import { FtsError } from '../../domain/failures.js';
import type { RestoreSource } from '../../domain/restore.js';
import type { RebuildRecord } from './record.js';
import type { RestoreSetting } from '../restore/setting.js';

/** What a mirror's remote is declared to be; undefined for a snapshot, which its id tells from any other. */
export function remoteDigest(
  { loaded: { estate } }: Pick<RestoreSetting, 'loaded'>,
  source: RestoreSource,
): string | undefined {
  if (!('remote' in source)) return undefined;
  const declared = Object.hasOwn(estate.remotes, source.remote) ? estate.remotes[source.remote] : null;
  return createHash('sha256').update(canonicalJson(declared)).digest('hex');
}

/** Fails with `EstateSkew` if the name of a rebuild's remote means another one by now: nothing of two is mixed. */
export function requireSameRemote(
  setting: Pick<RestoreSetting, 'loaded' | 'host'>,
  { source, remote, volume }: Pick<RebuildRecord, 'source' | 'remote' | 'volume'>,
): void {
  if (remote === remoteDigest(setting, source) || !('remote' in source)) return;
  throw new FtsError(
    'EstateSkew',
    `host ${setting.host} declares remote ${source.remote} differently than when the rebuild of ${volume} began`,
    `declare it as it was, or plan anew: \`fts rebuild ${volume} --restart\``,
  );
}
