import type { ResticCall } from '../src/adapters/restic.js';
import type { ToolExit } from '../src/adapters/tool.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest } from '../src/domain/job.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { destinationOfJob, volumesOfJob } from '../src/estate/lookup.js';
import type { BackupJob, Estate, Job, SnapshotJob } from '../src/estate/schema.js';
import { type Guard, type GuardedVolume, type Refusal, requireRoom } from './admission.js';
import { type Report as Tell, nextDueOf, patiently } from './patience.js';
import { requireVolumes } from './require-volumes.js';

/** A repository whose secrets are resolved. Lives for one activity. */
export interface OpenRepository {
  run(call: ResticCall): Promise<ToolExit>;
  /** The id of the repository in which restic has just made a snapshot; undefined if it is not known without asking restic. */
  idHolding(snapshotId: string): Promise<string | undefined>;
  /** Removes what an init that was killed left, if it is younger than that (milliseconds since the epoch). */
  clearHalfInit(since: number): Promise<boolean>;
}

export interface StepDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  open: (loaded: LoadedEstate, repository: string) => Promise<OpenRepository>;
}

/** What a step that runs restic begins with. */
export interface Prepared {
  loaded: LoadedEstate;
  job: SnapshotJob | BackupJob;
  guarded: Guard;
  /** The volumes that the step touches, as the guard found them. */
  volumes: ReadonlyMap<string, GuardedVolume>;
  tell: Tell;
  run: (call: ResticCall) => Promise<ToolExit>;
  idHolding: OpenRepository['idHolding'];
  clearHalfInit: OpenRepository['clearHalfInit'];
}

/** Which volumes a step touches. */
export type Touched = (estate: Estate, job: string) => string[];

export const sourceAndDestination: Touched = volumesOfJob;

/** The repository's volume, if it lies on one: what init, tag and forget touch. */
export const destinationOnly: Touched = (estate, job) => {
  const volume = destinationOfJob(estate, job);
  return volume === undefined ? [] : [volume];
};

/** The first step of a job. */
export interface FirstPhase<T> {
  phase: string;
  /** Why the host does not let the job run now. */
  refusal: (asked: { loaded: LoadedEstate; job: Job; request: JobRequest }) => Promise<Refusal | undefined>;
  /** Answers for such a job. */
  refused: (refusal: Refusal) => T;
}

/**
 * One step of a snapshot: the host's own declaration, healthy volumes and an open repository, then the work, patiently.
 * In the first one the host also decides whether the job may run now.
 */
export const createStep =
  ({ host, current, guard, open }: StepDependencies) =>
  <T>(
    phase: string | FirstPhase<T>,
    request: JobRequest,
    touched: Touched,
    work: (prepared: Prepared) => Promise<T>,
  ): Promise<T> => {
    const first = typeof phase === 'string' ? undefined : phase;
    return patiently(
      typeof phase === 'string' ? phase : phase.phase,
      nextDueOf(current, request.job),
      async (tell, signal) => {
        const loaded = await current();
        const job = snapshotJob(request.job, declaredJob(loaded, host, request));
        const refusal = await first?.refusal({ loaded, job, request });
        if (first && refusal) return first.refused(refusal);
        const guarded = guard(loaded);
        const volumes = await requireVolumes(guarded, touched(loaded.estate, request.job), signal);
        if (first) requireRoom(loaded, request.job, volumes);
        const repository = await open(loaded, job.repository);
        return work({
          loaded,
          job,
          guarded,
          volumes,
          tell,
          idHolding: (snapshotId) => repository.idHolding(snapshotId),
          clearHalfInit: (since) => repository.clearHalfInit(since),
          run: (call) =>
            repository.run({
              ...call,
              signal: call.signal ? AbortSignal.any([signal, call.signal]) : signal,
            }),
        });
      },
    );
  };

function snapshotJob(name: string, job: Job): SnapshotJob | BackupJob {
  if (job.kind === 'snapshot' || job.kind === 'backup') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a snapshot or backup`);
}
