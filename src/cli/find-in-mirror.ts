import { hiddenSince } from '../adapters/b2-hidden.js';
import { type MirrorVersion, listVersions } from '../adapters/mirror/versions.js';
import { openRemote } from '../adapters/rclone-remote.js';
import type { FoundVersions } from '../domain/found-versions.js';
import { printableName } from '../domain/names.js';
import { rcloneName } from '../domain/rclone-names.js';
import type { FindPattern } from './find-pattern.js';
import type { Looking } from './looking.js';

/** Of so many hidden versions it is told when they were hidden. */
const DATED = 10_000;

/** Collects every version of what a pattern means from a mirror. */
export async function findInMirror(
  looking: Looking,
  { volume, remote }: { volume: string; remote: string },
  pattern: FindPattern,
  found: FoundVersions,
): Promise<void> {
  if (pattern.below !== undefined && pattern.below.volume !== volume && pattern.forRestic.length === 0)
    return;
  const opened = await openRemote(looking.loaded, remote, looking);
  const folder = pattern.below?.volume === volume ? rcloneName(pattern.below.folder) : '';
  const accepts = (path: string): boolean => {
    const whole = `${volume}/${path}`;
    if (!pattern.accepts(whole) && !pattern.acceptsPrinted(printableName(whole).path)) return false;
    if (found.hasRoomFor(whole)) return true;
    found.omit(1);
    return false;
  };
  const hidden: MirrorVersion[] = [];
  const add = (version: MirrorVersion, hiddenAt?: string): void => {
    const { path, type, size, modified, uploaded } = version;
    found.add({
      ...{ path: `${volume}/${path}`, in: { remote }, type, size, modified },
      ...(version.hidden && { hidden: true }),
      ...(uploaded !== undefined && { uploaded }),
      ...(hiddenAt !== undefined && { hiddenAt }),
    });
  };
  await listVersions(opened, { folder, accepts }, (version) => {
    if (version.hidden && hidden.length < DATED) hidden.push(version);
    else add(version);
  });
  const since = await hiddenSince(opened, { folder, ids: new Set(hidden.map(({ id }) => id)) });
  for (const version of hidden) add(version, since.get(version.id));
}
