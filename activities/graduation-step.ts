import { CancelledFailure } from '@temporalio/common';
import type { GraduationContext, GraduationStep } from '../src/adapters/graduation/context.js';
import type { GraduationJournal } from '../src/adapters/graduation/journal.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest } from '../src/domain/job.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { volumesOfJob } from '../src/estate/lookup.js';
import type { Job } from '../src/estate/schema.js';
import type { Guard, GuardedVolume } from './admission.js';
import { currentRun } from './current-run.js';
import { nextDueOf, patiently } from './patience.js';
import { requireVolumes } from './require-volumes.js';

/** What every step needs that moves projects, to the archive or back. */
export interface GraduationStepDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  /** Works while no other attempt or worker does. Fails with `Busy`. */
  exclusively: <T>(
    loaded: LoadedEstate,
    order: { job: string; from: string },
    work: () => Promise<T>,
  ) => Promise<T>;
  openJournal: (job: string) => Promise<GraduationJournal>;
  /** Fails with `ClockStep`. */
  requireSteadyClock: (now: number) => Promise<void>;
  now?: () => Date;
  /** Called after each step on the disk; tests break off there. */
  onStep?: (step: GraduationStep) => void | Promise<void>;
}

export type GraduationJob = Extract<Job, { kind: 'graduation' }>;

/** Fails with `VolumeUnavailable` unless both volumes are what they were at first; what the guard says of each. */
export type BothVolumes = () => Promise<ReadonlyMap<string, GuardedVolume>>;

type Work<T> = (context: GraduationContext, job: GraduationJob, bothVolumes: BothVolumes) => Promise<T>;

export const createGraduationSteps = ({
  host,
  current,
  guard,
  exclusively,
  openJournal,
  requireSteadyClock,
  now = () => new Date(),
  onStep = () => undefined,
}: GraduationStepDependencies) => {
  const patientWork = <T>(
    phase: string,
    request: JobRequest,
    changesSomething: boolean,
    work: Work<T>,
  ): Promise<T> =>
    patiently(phase, nextDueOf(current, request.job), async (tell, signal) => {
      const loaded = await current();
      const job = graduationJob(request.job, declaredJob(loaded, host, request));
      if (changesSomething) await requireSteadyClock(now().getTime());
      const bothVolumes = sameVolumes(loaded, request.job, guard(loaded), signal);
      await bothVolumes();
      const withJournal = async (): Promise<T> => {
        const journal = await openJournal(request.job);
        const run = currentRun().runId;
        const isCancelled = (): boolean => isCancellation(signal);
        return work({ loaded, journal, run, signal, isCancelled, tell, now, onStep }, job, bothVolumes);
      };
      if (!changesSomething) return withJournal();
      return exclusively(loaded, { job: request.job, from: job.from }, withJournal);
    });

  return {
    /** The host's own declaration and healthy volumes; then the work, patiently. For work that changes nothing. */
    look: <T>(phase: string, request: JobRequest, work: Work<T>): Promise<T> =>
      patientWork(phase, request, false, work),
    /** As `look`, by a steady clock and by one at a time. */
    step: <T>(phase: string, request: JobRequest, work: Work<T>): Promise<T> =>
      patientWork(phase, request, true, work),
  };
};

/** Why Temporal ends an activity: a cancelled run's word; a worker that shuts down, or a run that went on without it, has another. */
const isCancellation = ({ reason }: AbortSignal): boolean =>
  reason instanceof CancelledFailure && reason.message === 'CANCELLED';

function sameVolumes(
  { estate }: LoadedEstate,
  job: string,
  guarded: Guard,
  signal: AbortSignal,
): BothVolumes {
  const identities = new Map<string, string | undefined>();
  return async () => {
    const found = await requireVolumes(guarded, volumesOfJob(estate, job), signal);
    for (const [volume, { mountpoint, identity }] of found) {
      if (identities.has(volume) && identities.get(volume) !== identity) {
        throw new FtsError(
          'VolumeUnavailable',
          `volume ${volume} at ${mountpoint} was mounted anew while projects were being moved`,
        );
      }
      identities.set(volume, identity);
    }
    return found;
  };
}

function graduationJob(name: string, job: Job): GraduationJob {
  if (job.kind === 'graduation') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a graduation`);
}
