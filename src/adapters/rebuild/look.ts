import { FtsError } from '../../domain/failures.js';
import { inOrder } from '../../domain/rebuild-order.js';
import type { RebuildRequest } from '../../domain/rebuild-run.js';
import type { RestoreSource } from '../../domain/restore.js';
import { volumeOf } from '../../estate/lookup.js';
import { projectFolders } from '../../estate/project-folders.js';
import { nearest } from '../../estate/suggest.js';
import { divideMirror } from './mirror.js';
import type { Folder, Part } from './record.js';
import { divideSnapshot } from './snapshot.js';
import { rebuildSource } from './source.js';
import { rootOf } from '../restore/contents.js';
import { IN_PART } from '../restore/list.js';
import { type Ground, requireGround, volumeGround } from '../restore/ground.js';
import type { RestoreSetting } from '../restore/setting.js';
import { findSource } from '../restore/source.js';
import type { TreeEntry } from '../restore/tally.js';

/** What a volume is rebuilt from, and what that has. */
export interface LookedForRebuild {
  ground: Ground;
  source: RestoreSource;
  base: string;
  versionAt: string | undefined;
  /** In the order in which they come back. */
  parts: Part[];
  folders: Folder[];
  projects: string[];
  ways: [number, number][];
  /** Some folders of the snapshot cannot be read. */
  isPart?: true;
}

/** Hears of each entry of a source. */
type OnLooked = (entry: TreeEntry) => void;

/**
 * Settles what a volume is to be rebuilt from, and divides what that has into parts. The volume has to be there. Of a mirror,
 * what is in it is written to the host under `id`. What `begin` gives hears of each entry; should all be told anew, it is called
 * again. `isListed`: of a mirror less is known. Fails as a restore's look does, and with `VolumeUnavailable`.
 */
export async function lookForRebuild(
  setting: RestoreSetting,
  request: RebuildRequest,
  {
    id,
    begin = () => () => undefined,
    lostToo,
  }: { id: string; begin?: (isListed: boolean) => OnLooked; lostToo?: ReadonlySet<string> },
): Promise<LookedForRebuild> {
  const { volume } = request;
  requireOwnVolume(setting, request);
  const ground = volumeGround(setting, volume);
  await requireGround(setting, ground);
  setting.tell({ phase: 'look' });
  const { asked, notes } = await rebuildSource(setting, request, lostToo);
  const division = {
    projects: projectFolders(setting.loaded.estate, volume),
    directories: volumeOf(setting.loaded.estate, volume).directories,
  };
  const { source, base, versionAt, divided } =
    asked.remote === undefined
      ? await inSnapshot(setting, volume, asked, division, () => begin(false))
      : await divideMirror(setting, { request: { ...request, ...asked }, id }, division, begin(true));
  const parts = ordered(divided.parts);
  if (parts.length === 0)
    throw new FtsError(
      'NotInSnapshot',
      `${nameOf(source)} holds nothing of volume ${volume}`,
      'name another source',
    );
  const { isPart } = divided;
  const told = [...(source.notes ?? []), ...notes, ...(isPart ? [IN_PART] : [])];
  return {
    source: { ...source, ...(told.length > 0 && { notes: told }) },
    ...{ ground, base, versionAt, parts, folders: divided.folders, ways: divided.ways ?? [] },
    projects: division.projects,
    ...(isPart && { isPart }),
  };
}

/** Parts in the order in which they come back. */
export const ordered = (parts: readonly Part[]): Part[] =>
  inOrder(parts.map((part) => ({ ...part, bytes: part.expected.bytes }))).map(
    ({ bytes: _, ...part }) => part,
  );

const nameOf = (source: RestoreSource): string =>
  'remote' in source
    ? `the mirror on ${source.remote}`
    : `snapshot ${source.snapshotId.slice(0, 8)} in ${source.repository}`;

async function inSnapshot(
  setting: RestoreSetting,
  volume: string,
  asked: Parameters<typeof findSource>[1],
  division: Parameters<typeof divideSnapshot>[2],
  begin: () => OnLooked,
) {
  const found = await findSource(setting, asked, volume);
  const { base } = await rootOf(setting, found, [{ volume, path: '' }]);
  const divided = await divideSnapshot(setting, { found, base }, division, begin);
  return { source: found.source, base, versionAt: undefined, divided };
}

/** Fails with `RequestInvalid` unless this host has the volume: its name becomes that of files. */
export function requireOwnVolume(
  { loaded: { estate }, host }: Pick<RestoreSetting, 'loaded' | 'host'>,
  request: Pick<RebuildRequest, 'estate' | 'volume'>,
): void {
  if (request.estate !== estate.estate)
    throw new FtsError(
      'RequestInvalid',
      `host ${host} belongs to estate ${estate.estate}, not to ${request.estate}`,
    );
  const { volumes } = estate;
  const { volume } = request;
  const declared = Object.hasOwn(volumes, volume) ? volumes[volume] : undefined;
  if (declared?.host === host) return;
  const meant = nearest(volume, Object.keys(volumes));
  throw declared === undefined
    ? new FtsError(
        'RequestInvalid',
        `the estate declares no volume ${volume}`,
        meant === undefined ? `it declares ${Object.keys(volumes).join(', ')}` : `did you mean ${meant}?`,
      )
    : new FtsError('RequestInvalid', `volume ${volume} belongs to host ${declared.host}, not to ${host}`);
}
