import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import { shellWord } from '../../domain/hold.js';
import type { RequestPath } from '../../domain/request-path.js';
import { resticPattern, snapshotFolder } from '../../domain/restic-pattern.js';
import { nearest } from '../../estate/suggest.js';
import { listedEntry } from './listing.js';
import type { RestoreSetting } from './setting.js';
import type { FoundSource } from './source.js';
import { runRestic } from '../restic.js';
import { listSnapshots } from '../restic/snapshots.js';

/** restic looks through every snapshot, and somebody waits for what is only a hint (milliseconds). */
const FIND_PATIENCE_MS = 60_000;

const Matches = z.array(z.object({ snapshot: z.string() }));

/** The failure for a path that a snapshot does not hold, with the newest snapshot that does, or the nearest name. */
export async function notInSnapshot(
  setting: RestoreSetting,
  found: FoundSource,
  base: string,
  request: RequestPath,
): Promise<FtsError> {
  const { snapshotId, at, repository } = found.source;
  const asked = request.path === '' ? request.volume : `${request.volume}/${request.path}`;
  const message = `snapshot ${snapshotId.slice(0, 8)} of ${at} in ${repository} does not hold ${asked}`;
  const holder = await newestHolder(setting, found, base, request);
  if (holder !== undefined) {
    const hint = `the newest that does is of ${holder.time}: --snapshot ${holder.shortId}`;
    return new FtsError('NotInSnapshot', message, hint);
  }
  const meant = nearest(
    request.path.split('/').at(-1) ?? '',
    await namesBeside(setting, found, base, request),
  );
  return new FtsError(
    'NotInSnapshot',
    message,
    meant === undefined ? searchHint(request) : `did you mean ${meant}?`,
  );
}

/** What to do about something that is not where it was looked for. */
export function searchHint({ path }: Pick<RequestPath, 'path'>): string {
  const name = path.split('/').at(-1) ?? '';
  const pattern = /^\w[\w. -]*$/.test(name) ? shellWord(name) : 'NAME';
  return `\`fts find ${pattern}\` looks into all snapshots and mirrors`;
}

async function newestHolder(
  setting: RestoreSetting,
  { repository }: FoundSource,
  base: string,
  { path }: RequestPath,
) {
  let holders = new Set<string>();
  const pattern = resticPattern(Buffer.from(`${base === '/' ? '' : base}/${path}`));
  const patience = AbortSignal.timeout(FIND_PATIENCE_MS);
  await runRestic(repository, {
    args: ['find', '--json', '--no-lock', '--', pattern],
    locked: false,
    signal: AbortSignal.any([setting.signal, patience]),
    onMessage: (answer) => {
      holders = new Set(Matches.safeParse(answer).data?.map(({ snapshot }) => snapshot) ?? []);
    },
  }).catch((error: unknown) => {
    if (!patience.aborted || setting.signal.aborted) throw error;
  });
  if (holders.size === 0) return undefined;
  return (await listSnapshots(repository, setting.signal)).findLast(({ id }) => holders.has(id));
}

async function namesBeside(
  setting: RestoreSetting,
  { repository, source }: FoundSource,
  base: string,
  { path }: RequestPath,
): Promise<string[]> {
  const folder = path.split('/').slice(0, -1).join('/');
  const names: string[] = [];
  await runRestic(repository, {
    args: ['ls', '--json', '--no-lock', '--', snapshotFolder(source.snapshotId, base), `/${folder}`],
    locked: false,
    signal: setting.signal,
    onMessage: (message) => {
      const entry = listedEntry(message)?.path;
      if (entry !== undefined && entry !== folder) names.push(entry.split('/').at(-1) ?? '');
    },
  });
  return names;
}
