import { mkdir, rm } from 'node:fs/promises';
import { FtsError } from '../domain/failures.js';
import type { Limits } from '../domain/limits.js';
import { mirrorFilter } from '../domain/mirror-filter.js';
import { type MirrorPlan, type Omitted, judgeMirror } from '../domain/mirror.js';
import { compareListings } from './mirror-compare.js';
import { mirrorFiles, readPlan, releasedFilter, writePlan } from './mirror-files.js';
import { listRemote, listSource } from './mirror-listing.js';
import { liesBelow } from './mirror-lists.js';
import { freezeRepositories, prunedSince } from './mirror-repositories.js';
import { type MountedFolders, mountedFolders } from './mirror-mounts.js';
import { precisionOf } from './mirror-times.js';
import { unreadableFolders } from './mirror-unreadable.js';
import { BUCKETS, type RcloneRemote, identityOf } from './rclone-remote.js';
import type { State } from './state.js';

export interface PlanMirrorRequest {
  job: string;
  /** Run of the workflow: its plan is made once. */
  runId: string;
  /** Root of the volume. */
  root: string;
  remote: RcloneRemote;
  state: State;
  exclude: readonly string[];
  excludePatterns: readonly string[];
  /** Folders of the restic repositories on the volume, relative to its root. */
  repositories: readonly string[];
  limits: Limits | undefined;
  signal?: AbortSignal;
  /** Entries listed so far, of both sides. */
  onListed?: (entries: number) => void;
}

/**
 * Plans a mirror: what is to go up and what the remote is to lose, as lists of names in the job's folder on the host,
 * with a summary beside them. Writes nothing on either side. Safe to retry: the plan of a run is made once.
 * Fails as the listings do, with `SourceChanged` when the volume changed under the walk, and with `RemoteDenied` or
 * `PathMissing` when the remote's bucket, or a folder that was seen before, is gone.
 */
export async function planMirror(request: PlanMirrorRequest): Promise<MirrorPlan> {
  const { job, runId, root, remote, state, limits } = request;
  const earlier = await readPlan(state, job);
  if (earlier?.runId === runId) return earlier;

  const files = mirrorFiles(state, job);
  await rm(files.folder, { recursive: true, force: true });
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  const filter = mirrorFilter(request);
  const filterBefore = await releasedFilter(state, job, identityOf(remote));

  const mounted = await mountedFolders(root);
  const frozen = await freezeRepositories(root, request.repositories);
  const { unreadable, missing, precisionNs } = await listBoth(request, [...mounted.filter, ...filter]);
  if (missing && (BUCKETS.has(remote.type) || filterBefore !== undefined)) throw gone(remote);
  const folders = await unreadableFolders(unreadable, files.unreadable);
  const pruned = await prunedSince(root, frozen, folders.names);
  const since = await mountedFolders(root);
  const found = await compareListings({
    ...{ files, root, remote, precisionNs, frozen, pruned },
    isUnreadable: (name) => folders.covers(name) || mounted.covers(name) || since.covers(name),
  });
  const omitted = { ...found.omitted, ...mountsOmitted(mounted, request.exclude) };
  const { losses } = found;
  const verdict = judgeMirror({
    ...{ limits, filter, filterBefore, source: found.source, remote: found.remote },
    ...{ deletions: losses.deletions, overwrites: losses.overwrites },
  });
  const plan: MirrorPlan = {
    ...{ runId, madeAt: new Date().toISOString(), filter },
    ...(precisionNs !== undefined && { precisionNs }),
    ...{ ...found, omitted },
    ...(folders.count > 0 && { unreadable: { count: folders.count, first: folders.first } }),
    ...(pruned.length > 0 && { postponed: pruned.map(({ path }) => path) }),
    ...verdict,
  };
  await writePlan(state, job, plan);
  return plan;
}

/** What the estate excludes anyhow is not missed. */
function mountsOmitted({ paths }: MountedFolders, exclude: readonly string[]): Pick<Omitted, 'mounts'> {
  const excluded = exclude.map((path) => path.replace(/\/+$/, ''));
  const mounts = paths.filter((path) => !liesBelow(excluded, path)).length;
  return mounts > 0 ? { mounts } : {};
}

/** Both listings at once. When one fails the other is ended. */
async function listBoth(request: PlanMirrorRequest, filter: readonly string[]) {
  const { root, remote, state, job, signal, onListed } = request;
  const files = mirrorFiles(state, job);
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const listed = { source: 0, remote: 0 };
  const tell = (side: keyof typeof listed) => (entries: number) => {
    listed[side] = entries;
    onListed?.(listed.source + listed.remote);
  };
  const orEnd = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const [source, there] = await Promise.allSettled([
    orEnd(
      atRest(() =>
        listSource(remote, { root, filter, file: files.source, signal: either, onListed: tell('source') }),
      ),
    ),
    orEnd(
      (async () => {
        const precisionNs = await precisionOf(remote, either);
        const { missing } = await listRemote(remote, {
          file: files.remote,
          signal: either,
          onListed: tell('remote'),
        });
        return { missing, precisionNs };
      })(),
    ),
  ]);
  signal?.throwIfAborted();
  if (source.status === 'rejected' || there.status === 'rejected') throw failed.signal.reason;
  return { ...source.value, ...there.value };
}

/** rclone ends its listing when a folder vanishes under it; the next listing may meet none that does. */
const LISTINGS = 3;

async function atRest<T>(list: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await list();
    } catch (error) {
      const changed = error instanceof FtsError && error.type === 'SourceChanged';
      if (!changed || attempt === LISTINGS) throw error;
    }
  }
}

const gone = ({ name, type, root }: RcloneRemote): FtsError =>
  BUCKETS.has(type)
    ? new FtsError('RemoteDenied', `remote ${name}: the bucket of ${root} is not there, or not for this key`)
    : new FtsError('PathMissing', `remote ${name}: ${root} was there before, and is gone`);
