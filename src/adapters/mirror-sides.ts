import { join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { mirrorFiles } from './mirror-files.js';
import { listRemote, listSource } from './mirror-listing.js';
import { type MirrorMetadata, writeMirrorMetadata } from './mirror-metadata.js';
import type { PlanMirrorRequest } from './mirror-plan.js';
import { precisionOf } from './mirror-times.js';
import type { RcloneProblem } from './rclone-failure.js';

/** What a look at both sides of a mirror found; the listings are in the plan's files. */
export interface Sides {
  /** Folders of the volume that could not be listed. */
  unreadable: RcloneProblem[];
  metadata: MirrorMetadata;
  /** The remote's folder is not there. */
  missing: boolean;
  precisionNs: number | undefined;
}

/** Where a job's manifest of metadata is made. */
export const metadataFile = (folder: string): string => join(folder, 'metadata.jsonl.gz');

/**
 * Lists both sides and writes the manifest of the volume's metadata, all at once, and makes sure of the volume as soon
 * as nothing is read from it any more. When one of them fails the others are ended. `meanwhile` reads the volume too; it
 * does not fail.
 */
export async function lookAtSides(
  request: PlanMirrorRequest,
  { filter, mounts }: { filter: readonly string[]; mounts: readonly string[] },
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
      failed.abort(error);
      throw error;
    }
  };
  const listing = { root, filter, file: files.source, signal: either, onListed: tell('source') };
  const source = orEnd(atRest(() => listSource(remote, listing)));
  const metadata = orEnd(
    writeMirrorMetadata({
      ...{ root, exclude, repositories, mounts, file: metadataFile(files.folder), signal: either },
    }),
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
      await Promise.allSettled([source, metadata, meanwhile(either)]);
      if (!either.aborted) await request.guard();
    })(),
  );
  const ends = await Promise.allSettled([source, metadata, there, guarded]);
  signal.throwIfAborted();
  const [a, b, c, d] = ends;
  if (
    a.status === 'rejected' ||
    b.status === 'rejected' ||
    c.status === 'rejected' ||
    d.status === 'rejected'
  ) {
    throw failed.signal.reason;
  }
  return { ...a.value, metadata: b.value, ...c.value };
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
