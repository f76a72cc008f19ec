import type { JobRequest } from '../src/domain/job.js';
import { type FailureType, FtsError } from '../src/domain/failures.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { destinationOfJob, volumesOfJob } from '../src/estate/lookup.js';
import type { Job } from '../src/estate/schema.js';
import { patiently } from './patience.js';
import { requireVolumes } from './require-volumes.js';

/** What the guard says of a healthy volume. */
export interface GuardedVolume {
  mountpoint: string;
  totalBytes?: number;
  freeBytes?: number;
  /** Changes when the tree at the mountpoint is swapped or mounted anew. */
  identity?: string;
}

/** Answers only for a volume that is the declared one, mounted and alive; fails with `VolumeUnavailable`. */
export interface Guard {
  /** `readOnly`: nothing will be written, by the look neither; one that is healthy but for being read-only will do. */
  require(volume: string, options?: { signal?: AbortSignal; readOnly?: boolean }): Promise<GuardedVolume>;
}

export interface AdmissionDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  /** Whether a volume is only partly back. */
  isBeingRebuilt: (volume: string) => Promise<boolean>;
}

/** Why a job does not run now, for a person; `type` where it is not that the estate pauses it. */
export interface Refusal {
  reason: string;
  type?: Extract<FailureType, 'VolumeRebuilding'>;
}

export type Admission = { admitted: true } | ({ admitted: false } & Refusal);

/** These only look, and at a volume that is partly back as at any other. */
const ONLY_LOOKS: ReadonlySet<string> = new Set(['check', 'drill']);

/** A volume that is written to keeps this free: 1 GiB, or a fiftieth of a small one. */
const RESERVE_BYTES = 1024 ** 3;
const RESERVE_SHARE = 1 / 50;

export const createAdmissionActivities = ({
  host,
  current,
  guard,
  isBeingRebuilt,
}: AdmissionDependencies) => ({
  /**
   * Whether the host lets the job run now: declared as the request says, not paused, its volumes healthy and not partly
   * back from a loss, room where it writes. Jobs whose first step asks all that itself need no step before it. Changes
   * nothing; safe to retry.
   */
  admitJob: (request: JobRequest): Promise<Admission> =>
    patiently('guard', undefined, async (_, signal) => {
      const loaded = await current();
      const job = declaredJob(loaded, host, request);
      const refused = await refusal({ isBeingRebuilt }, { loaded, job, request });
      if (refused) return { admitted: false, ...refused };
      const volumes = volumesOfJob(loaded.estate, request.job);
      requireRoom(loaded, request.job, await requireVolumes(guard(loaded), volumes, signal));
      return { admitted: true };
    }),
});

/** Why the host does not let a declared job run now; undefined if it does. */
export async function refusal(
  { isBeingRebuilt }: Pick<AdmissionDependencies, 'isBeingRebuilt'>,
  { loaded, job, request }: { loaded: LoadedEstate; job: Job; request: JobRequest },
): Promise<Refusal | undefined> {
  if (request.force) return undefined;
  if (job.paused) return { reason: `the estate pauses job ${request.job}` };
  if (ONLY_LOOKS.has(job.kind)) return undefined;
  for (const volume of volumesOfJob(loaded.estate, request.job))
    if (await isBeingRebuilt(volume)) {
      const reason = `volume ${volume} is being rebuilt, and only partly there (\`fts rebuild ${volume}\` goes on with it)`;
      return { reason, type: 'VolumeRebuilding' };
    }
  return undefined;
}

/** Fails with `DestinationFull` where the volume that the job fills has no room. */
export function requireRoom(
  { estate }: LoadedEstate,
  job: string,
  volumes: ReadonlyMap<string, GuardedVolume>,
): void {
  const destination = destinationOfJob(estate, job);
  const condition = destination === undefined ? undefined : volumes.get(destination);
  if (destination !== undefined && condition) requireReserve(destination, condition);
}

/** What has to stay free on a volume that is written to (bytes). */
export const reserveOf = ({ totalBytes }: GuardedVolume): number =>
  totalBytes === undefined ? 0 : Math.min(RESERVE_BYTES, totalBytes * RESERVE_SHARE);

function requireReserve(volume: string, condition: GuardedVolume): void {
  const { mountpoint, freeBytes } = condition;
  const reserve = reserveOf(condition);
  if (freeBytes === undefined || freeBytes >= reserve) return;
  throw new FtsError(
    'DestinationFull',
    `volume ${volume} at ${mountpoint} has ${String(freeBytes)} bytes free, and ${String(Math.ceil(reserve))} are kept back`,
    'make room on it, then run the job again',
  );
}

export type AdmissionActivities = ReturnType<typeof createAdmissionActivities>;
