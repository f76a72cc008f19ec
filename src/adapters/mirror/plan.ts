import { damageOr } from '../../domain/damage.js';
import { FtsError } from '../../domain/failures.js';
import type { Limits } from '../../domain/limits.js';
import { mirrorFilter } from '../../domain/mirror-filter.js';
import { type LargeFile, type MirrorPlan, type Omitted, judgeMirror } from '../../domain/mirror.js';
import { unwritableRecord } from '../damaged-record.js';
import { compareListings } from './compare.js';
import { mirrorFiles, planBefore, planFile, planFolder, releasedFilter, writePlan } from './files.js';
import { drawnEarly, provenEarly } from './early.js';
import { liesBelow } from './lists.js';
import { RCLONE_HINTS } from '../rclone-failure.js';
import { sizesOfLists } from './lists-planned.js';
import { prunedSince } from './repositories.js';
import { type MountedFolders, mountedFolders } from './mounts.js';
import { manifestOf } from './manifest.js';
import { KEPT } from './metadata-known.js';
import { type MirroredRepository, explainedByPrunes } from './pruned.js';
import { type MirrorOwner, isOwn, placeOf } from './owner.js';
import { largeFile, readRange } from './range.js';
import { lookAtSides } from './sides.js';
import { type ReadBack, readBack } from './verify.js';
import { unreadableFolders } from './unreadable.js';
import { BUCKETS, type RcloneRemote, identityOf } from '../rclone-remote.js';
import { type State, isErrno } from '../state.js';

export interface PlanMirrorRequest {
  job: string;
  /** Run of the workflow: its plan is made once. */
  runId: string;
  /** Root of the volume. */
  root: string;
  /** Resolves to what the guard says of the volume; until then nothing of it is read. */
  volume: Promise<{ identity?: string }>;
  remote: RcloneRemote;
  /** Whose mirror the remote is to be. */
  owner: MirrorOwner;
  state: State;
  exclude: readonly string[];
  excludePatterns: readonly string[];
  /** Folders of the restic repositories on the volume, relative to its root. */
  repositories: readonly string[];
  /** Those of them that this host prunes. */
  prunedHere?: readonly MirroredRepository[];
  limits: Limits | undefined;
  signal: AbortSignal;
  /** Fails when the volume is not the one that the attempt began with. */
  guard: () => Promise<void>;
  /** Entries listed so far, of both sides. */
  onListed?: (entries: number) => void;
}

/**
 * Plans a mirror: what is to go up and what the remote is to lose, as lists of names in the job's folder on the host,
 * with a summary beside them. Writes nothing on either side. Safe to retry: the plan of a run is made once.
 * Fails as the listings do, with `SourceChanged` when the volume changed under the walk, and with `RemoteDenied` or
 * `PathMissing` when the remote's bucket, or a folder that was seen before, is gone; with `RemoteTaken` when it is another's
 * mirror.
 */
export async function planMirror(request: PlanMirrorRequest): Promise<MirrorPlan> {
  try {
    return await makePlan(request);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    const plan = planFile(request.job);
    throw unwritableRecord(request.state.path(plan), plan, error);
  }
}

async function makePlan(request: PlanMirrorRequest): Promise<MirrorPlan> {
  const { job, runId, root, remote, state, limits } = request;
  const earlier = await planBefore(state, job);
  if (earlier?.runId === runId) return earlier;

  const files = mirrorFiles(state, job);
  const names = (await drawnEarly(files.source)).map(({ name }) => name);
  await state.emptyFolder(planFolder(job), KEPT);
  const filter = mirrorFilter(request);
  const released = await damageOr(releasedFilter(state, job, identityOf(remote)));
  const filterBefore = released.record;

  let read: ReadBack | undefined;
  const sides = await lookAtSides(request, filter, async (signal) => {
    if (names.length === 0) return;
    // Without the remote's lock, which the listing has. What keeps a file from being read now is told when it is verified.
    read = await readBack({ remote, root, files, signal }, names, { locked: false }).catch(() => undefined);
  });
  const { mounted, frozen, unreadable, missing, precisionNs, metadata } = sides;
  if (missing && (BUCKETS.has(remote.type) || filterBefore !== undefined || released.damage))
    throw gone(remote);
  const folders = await unreadableFolders(unreadable, files.unreadable);
  const pruned = await prunedSince(root, frozen, folders.names);
  const since = await mountedFolders(root);
  const { watched, manifest, owner, large, ...found } = await compareListings({
    ...{ files, root, remote, precisionNs, frozen, pruned },
    isUnreadable: (name) => folders.covers(name) || mounted.covers(name) || since.covers(name),
    watch: new Set(names),
  });
  const owned = await isOwn({ remote, files, signal: request.signal, owner: request.owner }, owner);
  const omitted = {
    ...found.omitted,
    ...mountsOmitted(mounted, request.exclude),
    ...Object.fromEntries(Object.entries(metadata.omitted).filter(([, count]) => count > 0)),
  };
  const { losses } = found;
  const explained = await explainedByPrunes(files, state, request.prunedHere ?? []);
  const verdict = judgeMirror({
    ...{ limits, filter, filterBefore, source: found.source, remote: found.remote },
    unknownFilter: released.damage?.message,
    ...{ deletions: losses.deletions, overwrites: losses.overwrites, pruned: explained },
  });
  const brought = await manifestOf({ job, remote, state, metadata, listed: manifest });
  const plan: MirrorPlan = {
    ...{ runId, madeAt: new Date().toISOString(), filter },
    ...(precisionNs !== undefined && { precisionNs }),
    ...{ ...found, omitted, manifest: brought, place: placeOf(request) },
    ...(!owned && { unowned: true }),
    ...(explained.files > 0 && { pruned: explained }),
    ...(folders.count > 0 && { unreadable: { count: folders.count, first: folders.first } }),
    ...(pruned.length > 0 && { postponed: pruned.map(({ path }) => path) }),
    ...(large && { large: largeFile(large) }),
    ...verdict,
    lists: await sizesOfLists(files),
  };
  const readLarge = (file: LargeFile) => readRange({ remote, root, files, signal: request.signal }, file);
  const whole = { ...plan, ...(await provenEarly(plan, watched, read, readLarge)) };
  await writePlan(state, job, whole);
  return whole;
}

/** What the estate excludes anyhow is not missed. */
function mountsOmitted({ paths }: MountedFolders, exclude: readonly string[]): Pick<Omitted, 'mounts'> {
  const excluded = exclude.map((path) => path.replace(/\/+$/, ''));
  const mounts = paths.filter((path) => !liesBelow(excluded, path)).length;
  return mounts > 0 ? { mounts } : {};
}

const gone = ({ name, type, root }: RcloneRemote): FtsError =>
  BUCKETS.has(type)
    ? new FtsError(
        'RemoteDenied',
        `remote ${name}: the bucket of ${root} is not there, or not for this key`,
        RCLONE_HINTS.RemoteDenied,
      )
    : new FtsError(
        'PathMissing',
        `remote ${name}: ${root.slice(root.indexOf(':') + 1)} was there before, and is gone`,
        'bring it back, then run the job again; or make it, empty, if the mirror is to begin anew',
      );
