import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { mirrorFiles } from './files.js';
import { listRemote, listSource } from './listing.js';
import { METADATA_FILE, type PresentMetadata, presentMetadata } from './metadata-known.js';
import { type MountedFolders, mountedFolders } from './mounts.js';
import type { PlanMirrorRequest } from './plan.js';
import { type FrozenRepository, freezeRepositories } from './repositories.js';
import { precisionOf } from './times.js';
import type { RcloneProblem } from '../rclone-failure.js';
import { isErrno } from '../state.js';

/** What a look at both sides of a mirror found; the listings are in the plan's files. */
export interface Sides {
  /** What was mounted in the volume when the look began, and what its restic repositories held then. */
  mounted: MountedFolders;
  frozen: FrozenRepository[];
  /** Folders of the volume that could not be listed. */
  unreadable: RcloneProblem[];
  metadata: PresentMetadata['metadata'];
  /** The remote's folder is not there. */
  missing: boolean;
  precisionNs: number | undefined;
}

/**
 * Lists both sides and sees to the manifest of the volume's metadata, all at once, and makes sure of the volume as soon
 * as nothing is read from it any more. When one of them fails the others are ended. Nothing of the volume is read before the
 * guard has answered for it. `meanwhile` reads the volume too; it does not fail.
 */
export async function lookAtSides(
  request: PlanMirrorRequest,
  filter: readonly string[],
  meanwhile: (signal: AbortSignal) => Promise<unknown>,
): Promise<Sides> {
  const { root, remote, state, job, exclude, repositories, signal, onListed } = request;
  const files = mirrorFiles(state, job);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const listed = { source: 0, remote: 0 };
  const tell = (side: keyof typeof listed) => (entries: number) => {
    listed[side] = entries;
    onListed?.(listed.source + listed.remote);
  };
  const orEnd = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const reason = ofVolume(error, root);
      failed.abort(reason);
      throw reason;
    }
  };
  const begun = orEnd(
    (async () => {
      const { identity } = await request.volume;
      const mounted = await mountedFolders(root);
      return { identity, mounted, frozen: await freezeRepositories(root, repositories) };
    })(),
  );
  const source = orEnd(
    begun.then(({ mounted }) => {
      const listing = { root, filter: [...mounted.filter, ...filter], file: files.source, signal: either };
      return atRest(() => listSource(remote, { ...listing, onListed: tell('source') }));
    }),
  );
  const metadata = orEnd(
    begun.then(({ identity, mounted: { paths: mounts } }) =>
      presentMetadata({
        ...{ job, state, identity, root, exclude, repositories, mounts, signal: either },
        file: join(files.folder, METADATA_FILE),
      }),
    ),
  );
  const there = orEnd(
    (async () => {
      const precisionNs = await precisionOf(remote, either);
      const asked = { file: files.remote, signal: either, onListed: tell('remote') };
      return { ...(await listRemote(remote, asked)), precisionNs };
    })(),
  );
  const guarded = orEnd(
    (async () => {
      await Promise.allSettled([source, metadata, begun.then(() => meanwhile(either))]);
      if (either.aborted) return;
      await request.guard();
      await (await metadata).note();
    })(),
  );
  await Promise.allSettled([begun, source, metadata, there, guarded]);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  const { mounted, frozen } = await begun;
  return { mounted, frozen, ...(await source), metadata: (await metadata).metadata, ...(await there) };
}

/** What it means that the root is no folder any more, which the system says of it. */
const ofVolume = (error: unknown, root: string): unknown =>
  isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP') && error.path === root
    ? new FtsError('SourceChanged', `${root} went while it was looked at: ${error.message}`)
    : error;

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
