import type { GraduationContext, GraduationStep } from '../src/adapters/graduation-context.js';
import type { GraduationJournal } from '../src/adapters/graduation-journal.js';
import type { GraduationEnd, GraduationOrder, GraduationSetting } from '../src/adapters/graduation-run.js';
import type { SweepEnd } from '../src/adapters/graduation-sweep.js';
import type { TallyReport } from '../src/adapters/graduation-tally.js';
import type { HoldSetting, PlanToJudge, Verdict } from '../src/adapters/holds.js';
import type { State } from '../src/adapters/state.js';
import { type FailureType, FtsError } from '../src/domain/failures.js';
import {
  type GraduationResult,
  type HiddenSources,
  KEEP_SOURCE_SECONDS,
  type Move,
} from '../src/domain/graduation.js';
import { type HeldPath, holdNotice, type SignedApproval } from '../src/domain/hold.js';
import type { JobRequest } from '../src/domain/job.js';
import { printableName } from '../src/domain/names.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { destinationOfJob, volumesOfJob } from '../src/estate/lookup.js';
import type { Job } from '../src/estate/schema.js';
import type { Guard } from './admission.js';
import { currentRun } from './current-run.js';
import { nextDueOf, patiently } from './patience.js';
import { requireVolumes } from './require-volumes.js';

export interface GraduationDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  openReport: (path: string) => Promise<TallyReport>;
  /** Works while no other attempt or worker does. Fails with `Busy`. */
  exclusively: <T>(
    loaded: LoadedEstate,
    order: { job: string; from: string },
    work: () => Promise<T>,
  ) => Promise<T>;
  openJournal: (job: string) => Promise<GraduationJournal>;
  /** Fails with `ClockStep`. */
  requireSteadyClock: (now: number) => Promise<void>;
  sweep: (context: GraduationContext, move: Move, keepSourceSeconds: number) => Promise<SweepEnd>;
  graduate: (
    setting: GraduationSetting,
    order: GraduationOrder,
    report: TallyReport,
  ) => Promise<GraduationEnd>;
  judge: (setting: HoldSetting, asked: PlanToJudge) => Promise<Verdict>;
  now?: () => Date;
  /** Called after each step on the disk; tests break off there. */
  onStep?: (step: GraduationStep) => void | Promise<void>;
}

export interface GraduateInput extends JobRequest {
  approval?: SignedApproval;
}

/** `failure` is there if a project failed, `biggest` lists something if the plan is held. */
export interface Graduated {
  result: GraduationResult;
  biggest: HeldPath[];
  failure?: FailureType;
}

const LISTED_REASONS = 10;

type GraduationJob = Extract<Job, { kind: 'graduation' }>;

export const createGraduationActivities = ({
  host,
  current,
  guard,
  state,
  openReport,
  exclusively,
  openJournal,
  requireSteadyClock,
  sweep,
  graduate,
  judge,
  now = () => new Date(),
  onStep = () => undefined,
}: GraduationDependencies) => {
  /** The host's own declaration, a steady clock, healthy volumes; then the work, patiently. */
  const step = <T>(
    phase: string,
    request: JobRequest,
    work: (context: GraduationContext, job: GraduationJob, bothVolumes: RequireVolumes) => Promise<T>,
  ): Promise<T> =>
    patiently(phase, nextDueOf(current, request.job), async (tell, signal) => {
      const loaded = await current();
      const job = graduationJob(request.job, declaredJob(loaded, host, request));
      await requireSteadyClock(now().getTime());
      const bothVolumes = sameVolumes(loaded, request.job, guard(loaded), signal);
      await bothVolumes();
      return exclusively(loaded, { job: request.job, from: job.from }, async () => {
        const journal = await openJournal(request.job);
        const run = currentRun().runId;
        return work({ loaded, journal, run, signal, tell, now, onStep }, job, bothVolumes);
      });
    });

  return {
    /** Deletes hidden sources whose time is over and in which nothing changed. Safe to retry: what is gone is not looked for. */
    sweepSources: (request: JobRequest): Promise<HiddenSources> =>
      step('sweep', request, async (context, { keepSource = KEEP_SOURCE_SECONDS }, bothVolumes) => {
        const sources: HiddenSources = { removed: 0, waiting: 0, kept: 0, reasons: [] };
        for (const move of context.journal.moves) {
          if (move.step !== 'hidden' && move.step !== 'sweeping') continue;
          await bothVolumes();
          const end = await sweep(context, move, keepSource);
          sources[end.end] += 1;
          if (end.end === 'kept' && sources.reasons.length < LISTED_REASONS) {
            const { path, encoded } = printableName(Buffer.from(move.project, 'hex'));
            sources.reasons.push({ project: path, ...(encoded && { encoded }), reason: end.reason });
          }
        }
        return sources;
      }),

    /**
     * Moves what is cold, or holds it. Safe to retry: a journal tells what an attempt left, which is finished or undone
     * first, and what an attempt of the same run has moved is told again.
     */
    graduateProjects: (request: GraduateInput): Promise<Graduated> =>
      step('graduate', request, async (context, job, bothVolumes) => {
        const { loaded, run } = context;
        let verdict: Verdict | undefined;
        let found: HeldPath[] = [];
        const setting: GraduationSetting = {
          ...context,
          state,
          requireVolumes: bothVolumes,
          release: async ({ planHash, removal, going, biggest }, exceeded, release) => {
            const [only, ...others] = going;
            const commonPath = only && others.length === 0 ? only.name : new Uint8Array();
            const plan = { planHash, removal, commonPath };
            const { estate, operators } = loaded.estate;
            verdict = await judge(
              { estate, state, operators },
              { job: request.job, runId: run, plan, biggest, exceeded, approval: request.approval, release },
            );
            if (!verdict.released) found = biggest;
            return verdict.released;
          },
        };
        const order: GraduationOrder = {
          job: request.job,
          from: job.from,
          to: job.to,
          inactiveSeconds: job.inactive,
          onConflict: job.onConflict,
          limits: job.limits,
        };
        const report = await openReport(state.path('reports', `${request.job}-${run}.jsonl`));
        const { result, failure } = await graduate(setting, order, report);
        const hold =
          verdict?.released === false ? holdNotice(verdict.hold, { estateFile: loaded.file }) : undefined;
        return { result: { ...result, ...(hold && { hold }) }, biggest: found, ...(failure && { failure }) };
      }),
  };
};

export type GraduationActivities = ReturnType<typeof createGraduationActivities>;

type RequireVolumes = () => Promise<number | undefined>;

/** Answers for both volumes as long as they are what they were at first, with the bytes that are free at the destination. */
function sameVolumes(
  { estate }: LoadedEstate,
  job: string,
  guarded: Guard,
  signal: AbortSignal,
): RequireVolumes {
  const identities = new Map<string, string | undefined>();
  const destination = destinationOfJob(estate, job);
  return async () => {
    let free: number | undefined;
    for (const [volume, condition] of await requireVolumes(guarded, volumesOfJob(estate, job), signal)) {
      const { mountpoint, identity, freeBytes } = condition;
      if (identities.has(volume) && identities.get(volume) !== identity) {
        throw new FtsError(
          'VolumeUnavailable',
          `volume ${volume} at ${mountpoint} was mounted anew during the graduation`,
        );
      }
      identities.set(volume, identity);
      if (volume === destination) free = freeBytes;
    }
    return free;
  };
}

function graduationJob(name: string, job: Job): GraduationJob {
  if (job.kind === 'graduation') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a graduation`);
}
