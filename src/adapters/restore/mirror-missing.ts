import { FtsError } from '../../domain/failures.js';
import { pathOfRcloneName, rcloneName } from '../../domain/rclone-names.js';
import type { RequestPath } from '../../domain/request-path.js';
import { nearest } from '../../estate/suggest.js';
import { listVersions } from '../mirror/versions.js';
import { runRclone } from '../rclone.js';
import { linksAsFiles } from '../rclone-remote.js';
import { below, parentOf } from './mirror-list.js';
import { searchHint } from './missing.js';
import { type FoundMirror, keepsVersions, versionOptions } from './mirror-source.js';
import type { RestoreContext } from './context.js';

type Interruptible = Pick<RestoreContext, 'signal'>;

/** The failure for a path that a mirror does not hold at its time, with a time at which it did, or the nearest name. */
export async function notInMirror(
  setting: Interruptible,
  mirror: FoundMirror,
  request: RequestPath,
): Promise<FtsError> {
  const { source, versionAt } = mirror;
  const asked = request.path === '' ? request.volume : `${request.volume}/${request.path}`;
  const when = versionAt === undefined ? 'does not hold' : `did not hold at ${versionAt}`;
  const message = `the mirror on ${source.remote} ${when} ${asked}`;
  const there = await whenThere(setting, mirror, request);
  if (there === 'now') return new FtsError('NotInMirror', message, 'it is there now: leave out --at');
  if (there !== undefined) {
    const hint = `it was there at ${there}, and is hidden since: --remote ${source.remote} --at ${there}`;
    return new FtsError('NotInMirror', message, hint);
  }
  const meant = nearest(request.path.split('/').at(-1) ?? '', await namesBeside(setting, mirror, request));
  return new FtsError(
    'NotInMirror',
    message,
    meant === undefined ? searchHint(request) : `did you mean ${meant}?`,
  );
}

/** The latest upload of it, or of something in it, that is hidden now; `now` if something of it is not. */
async function whenThere(
  { signal }: Interruptible,
  { remote }: FoundMirror,
  { path, printed }: RequestPath,
): Promise<string | undefined> {
  if (!keepsVersions(remote)) return undefined;
  const meant = [path, ...(printed ? [Buffer.from(printed).toString()] : [])];
  const found: { isThere: boolean; latest?: string } = { isThere: false };
  const asked = {
    folder: parentOf(rcloneName(path)),
    accepts: (one: string): boolean =>
      meant.some((name) => name === '' || one === name || one.startsWith(`${name}/`)),
    signal,
  };
  await listVersions(remote, asked, ({ hidden, uploaded }) => {
    if (!hidden) found.isThere = true;
    if (uploaded !== undefined && (found.latest === undefined || uploaded > found.latest))
      found.latest = uploaded;
  });
  return found.isThere ? 'now' : found.latest;
}

async function namesBeside(
  { signal }: Interruptible,
  { remote, versionAt }: FoundMirror,
  { path }: RequestPath,
): Promise<string[]> {
  const names: string[] = [];
  const place = below(remote.root, parentOf(rcloneName(path)));
  try {
    await runRclone(remote, {
      args: ['lsf', ...versionOptions(versionAt), place],
      ...{ locked: false, links: false, signal, environment: linksAsFiles(remote) },
      onStdout: (line) => {
        names.push(pathOfRcloneName(line.replace(/\/$/, '').replace(/\.rclonelink$/, '')));
      },
    });
  } catch (error) {
    if (!(error instanceof FtsError)) throw error; // there is nothing to suggest
  }
  return names;
}
