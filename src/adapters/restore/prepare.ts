import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/declaration.js';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { isProtectedName } from '../../domain/purge.js';
import { type RequestPath, parseRequestPath } from '../../domain/request-path.js';
import type { RestorePlan, RestoreRequest, RestoreSource } from '../../domain/restore.js';
import { UsageError } from '../../domain/usage-error.js';
import { volumeRoot } from '../../estate/lookup.js';
import { requireSameDeclaration } from '../../estate/restore-declaration.js';
import { mirrorsOf, repositoriesOf } from '../../estate/saved-by.js';
import { nearest } from '../../estate/suggest.js';
import { zoneOffset } from '../../estate/zone-clock.js';
import { namesOf, plannedPlaces } from './beside.js';
import { type Contents, readContents } from './contents.js';
import { requireGround, requireRoom } from './ground.js';
import { IN_PART, type OnEntry } from './list.js';
import { removeMirrorFiles } from './mirror-files.js';
import { lookInMirror } from './mirror-look.js';
import { isAsListed, previewOf } from './preview.js';
import { type RestoreRecord, readRestore, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import { findSource } from './source.js';
import { sweepStaging } from './sweep.js';
import { type Target, resolveTarget } from './target.js';

interface Resolved {
  volume: string;
  source: RestoreSource;
  contents: Contents;
  versionAt: string | undefined;
  target: Target;
  plan: RestorePlan;
}

/**
 * What a restore would do: the snapshot that is meant, what it holds of what is asked for, what is in the way, whether it
 * fits. Writes nothing. Fails with `RequestInvalid`, `SnapshotUnknown`, `NotInSnapshot`, `TargetRefused`,
 * `DestinationExists`, `DestinationFull`, `PathUnsafe`, and as restic does.
 */
export async function planRestore(setting: RestoreSetting, request: RestoreRequest): Promise<RestorePlan> {
  try {
    return (await resolve(setting, request)).plan;
  } finally {
    await removeMirrorFiles(setting.state, idOf(request), request.paths.length);
  }
}

/** As `planRestore`, and records what was found: later steps go by that. Safe to retry: what is recorded stays. */
export async function prepareRestore(
  setting: RestoreSetting,
  request: RestoreRequest,
): Promise<RestoreSource> {
  const { state, loaded } = setting;
  const digest = createHash('sha256').update(canonicalJson(request)).digest('hex');
  const known = await readRestore(state, idOf(request));
  if (known && known.request !== digest)
    throw new FtsError(
      'RequestInvalid',
      `there was another restore ${request.id}`,
      'start it under another id',
    );
  if (known) return known.source;
  const { volume, source, contents, target, versionAt } = await resolve(setting, request);
  const record: RestoreRecord = {
    ...{ id: request.id, request: digest, volume, source, base: contents.base, lead: contents.lead, target },
    ...(versionAt !== undefined && { versionAt }),
    items: contents.items.map(({ path, ...item }) => ({ ...item, path: path.toString('hex') })),
    suffix: `restored-${wallTime(source.at, loaded.estate.timezone)}`,
    step: 'prepared',
    ...(request.declaration && { asked: declaredPart(request) }),
    at: setting.now().toISOString(),
  };
  await sweepStaging(setting, target.ground);
  await writeRestore(state, record);
  await setting.onStep('recorded');
  return source;
}

const declaredPart = ({ paths, repository, remote, target, declaration }: RestoreRequest) => ({
  ...{ paths, target },
  ...(repository !== undefined && { repository }),
  ...(remote !== undefined && { remote }),
  ...(declaration && { declaration }),
});

async function resolve(setting: RestoreSetting, request: RestoreRequest): Promise<Resolved> {
  const { volume, requests } = asked(setting, request);
  idOf(request);
  setting.tell({ phase: 'look' });
  const paths = requests.map(({ path }) => Buffer.from(path));
  const target = await resolveTarget(setting, request.target, { volume, paths });
  await requireGround(setting, target.ground);
  const isOfMirror = meansMirror(setting, request, volume);
  let preview: ReturnType<typeof previewOf> | undefined;
  const begin = (): OnEntry => {
    if (request.target.kind !== 'in-place') return () => undefined;
    const root = volumeRoot(setting.loaded, volume);
    preview = previewOf(root, request.target.conflict, isOfMirror ? isAsListed : undefined);
    return preview.add;
  };
  const { source, contents, versionAt } = isOfMirror
    ? await inMirror(setting, request, { volume, requests }, begin())
    : await inSnapshot(setting, request, { volume, requests }, begin);
  if (request.target.kind === 'folder') requireDistinct(contents);
  const total = contents.items.reduce(
    (sum, { expected }) => ({ files: sum.files + expected.files, bytes: sum.bytes + expected.bytes }),
    { files: 0, bytes: 0 },
  );
  await requireRoom(setting, target.ground, total.bytes);
  const { unchanged, conflicts, live } = preview?.result() ?? {
    ...{
      unchanged: { files: 0, bytes: 0 },
      conflicts: { count: 0, first: [] },
      live: { files: 0, bytes: 0 },
    },
  };
  const policy = request.target.kind === 'in-place' ? request.target.conflict : undefined;
  const kept = policy === 'keep' ? conflicts.count : 0;
  const suffix = `restored-${wallTime(source.at, setting.loaded.estate.timezone)}`;
  const places = await plannedPlaces(target, { suffix, items: contents.items });
  const [first = target.ground.root] = places;
  const plan: RestorePlan = {
    source,
    target: first,
    ...(places.length > 1 && { targets: places.slice(0, 50) }),
    restored: {
      files: total.files - unchanged.files - kept,
      bytes: Math.max(0, total.bytes - unchanged.bytes),
    },
    ...{ unchanged, conflicts },
    replaced: policy === 'replace' ? live : { files: 0, bytes: 0 },
  };
  return { volume, source, contents, versionAt, target, plan };
}

interface Looked {
  source: RestoreSource;
  contents: Contents;
  versionAt: string | undefined;
}

type Asked = Pick<Resolved, 'volume'> & { requests: RequestPath[] };

/** A mirror is restored from where one is named, or nothing else holds the volume. */
const meansMirror = (
  { loaded: { estate } }: RestoreSetting,
  request: RestoreRequest,
  volume: string,
): boolean =>
  request.remote !== undefined ||
  (request.repository === undefined &&
    repositoriesOf(estate, volume).length === 0 &&
    mirrorsOf(estate).some((mirror) => mirror.volume === volume));

async function inSnapshot(
  setting: RestoreSetting,
  request: RestoreRequest,
  { volume, requests }: Asked,
  begin: () => OnEntry,
): Promise<Looked> {
  const paths = requests.map(({ path }) => path);
  const found = await findSource(setting, request, volume, paths);
  const contents = await readContents(setting, found, requests, begin);
  const { source } = found;
  if (!contents.isPart) return { source, contents, versionAt: undefined };
  return {
    source: { ...source, notes: [...(source.notes ?? []), IN_PART] },
    contents,
    versionAt: undefined,
  };
}

async function inMirror(
  setting: RestoreSetting,
  request: RestoreRequest,
  asked: Asked,
  onEntry?: OnEntry,
): Promise<Looked> {
  const { source, items, versionAt } = await lookInMirror(setting, request, asked, onEntry);
  return { source, contents: { base: '/', lead: '', items }, versionAt };
}

/** The paths that are asked for, all of one volume that this host's estate declares. Fails with `RequestInvalid`, `EstateSkew`. */
function asked(
  { loaded: { estate }, host }: RestoreSetting,
  request: RestoreRequest,
): { volume: string; requests: RequestPath[] } {
  const { estate: name, paths } = request;
  if (name !== estate.estate)
    throw new FtsError('RequestInvalid', `host ${host} belongs to estate ${estate.estate}, not to ${name}`);
  const requests = paths.map(parsed);
  requireSameDeclaration(estate, host, request);
  const [volume, ...others] = new Set(requests.map((request) => request.volume));
  if (volume === undefined) throw new FtsError('RequestInvalid', 'no path is asked for');
  if (others.length > 0)
    throw new FtsError('RequestInvalid', 'one restore is of one volume', 'start one for each volume');
  if (!Object.hasOwn(estate.volumes, volume)) {
    const meant = nearest(volume, Object.keys(estate.volumes));
    const hint =
      meant === undefined
        ? `it declares ${Object.keys(estate.volumes).join(', ')}`
        : `did you mean ${meant}?`;
    throw new FtsError('RequestInvalid', `the estate declares no volume ${volume}`, hint);
  }
  const own = requests.find(({ path }) => isProtectedName(path.split('/', 1)[0] ?? ''));
  if (own)
    throw new FtsError(
      'RequestInvalid',
      `${volume}/${printableName(own.path).path} is not restored: it is this product's own, or the filesystem's`,
      `of a volume that lost its own, \`fts provision ${volume}\` makes what it needs`,
    );
  return { volume, requests };
}

function parsed(path: string): RequestPath {
  try {
    return parseRequestPath(path);
  } catch (error) {
    if (error instanceof UsageError) throw new FtsError('RequestInvalid', error.message, error.hint);
    throw error;
  }
}

/** Several things in one folder have a name each. */
function requireDistinct({ items }: Contents): void {
  const names = items.map(({ path }) => namesOf(path).at(-1)?.toString('latin1'));
  if (new Set(names).size === names.length) return;
  throw new FtsError(
    'RequestInvalid',
    'two of the paths have one name, and one folder cannot hold both',
    'restore them one by one, or the folder that they are in',
  );
}

/** An id becomes the name of files. */
function idOf({ id }: RestoreRequest): string {
  if (/^[a-z0-9][a-z0-9-]{3,40}$/.test(id)) return id;
  throw new FtsError('RequestInvalid', `${JSON.stringify(id)} is no id of a restore`);
}

/** `2026-11-21T1800`, by the clock on the wall. */
function wallTime(time: string, zone: string): string {
  const instant = Date.parse(time);
  return new Date(instant + zoneOffset(zone, instant)).toISOString().slice(0, 16).replace(':', '');
}
