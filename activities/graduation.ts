import type { GraduationContext } from '../src/adapters/graduation/context.js';
import type { GraduationEnd, GraduationOrder, GraduationSetting } from '../src/adapters/graduation/run.js';
import { sideBySide } from '../src/domain/side-by-side.js';
import type { SweepEnd } from '../src/adapters/graduation/sweep.js';
import type { TallyReport } from '../src/adapters/graduation/tally.js';
import type { HoldSetting, PlanToJudge, Verdict } from '../src/adapters/holds.js';
import type { State } from '../src/adapters/state.js';
import type { FailureType } from '../src/domain/failures.js';
import {
  type GraduationResult,
  type HiddenSources,
  isUnderWay,
  KEEP_SOURCE_SECONDS,
  type Move,
} from '../src/domain/graduation.js';
import { type HeldPath, holdNotice, type SignedApproval } from '../src/domain/hold.js';
import type { JobRequest } from '../src/domain/job.js';
import { printableName } from '../src/domain/names.js';
import { splitVolumePath } from '../src/estate/paths.js';
import { createGraduationSteps, type GraduationStepDependencies } from './graduation-step.js';

export interface GraduationDependencies extends GraduationStepDependencies {
  state: State;
  openReport: (path: string) => Promise<TallyReport>;
  sweep: (context: GraduationContext, move: Move, keepSourceSeconds: number) => Promise<SweepEnd>;
  graduate: (
    setting: GraduationSetting,
    order: GraduationOrder,
    report: TallyReport,
  ) => Promise<GraduationEnd>;
  judge: (setting: HoldSetting, asked: PlanToJudge) => Promise<Verdict>;
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

/** Deleting keeps a disk busy and little else: a second one is looked at meanwhile. */
const SWEPT_AT_ONCE = 2;

export const createGraduationActivities = (dependencies: GraduationDependencies) => {
  const { state, openReport, sweep, graduate, judge } = dependencies;
  const { step } = createGraduationSteps(dependencies);

  return {
    /** Deletes hidden sources whose time is over and in which nothing changed. Safe to retry: what is gone is not looked for. */
    sweepSources: (request: JobRequest): Promise<HiddenSources> =>
      step('sweep', request, async (context, { keepSource = KEEP_SOURCE_SECONDS }, bothVolumes) => {
        const sources: HiddenSources = { removed: 0, waiting: 0, kept: 0, reasons: [] };
        const sweepOne = async (move: Move): Promise<void> => {
          await bothVolumes();
          const end = await sweep(context, move, keepSource);
          sources[end.end] += 1;
          if (end.end !== 'kept' || sources.reasons.length >= LISTED_REASONS) return;
          const { path, encoded } = printableName(Buffer.from(move.project, 'hex'));
          const { reason, at } = end;
          sources.reasons.push({ project: path, ...(encoded && { encoded }), reason, at });
        };
        for (const moves of hiddenSources(context.journal.moves))
          await sideBySide(moves, SWEPT_AT_ONCE, sweepOne);
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
          requireVolumes: async () => (await bothVolumes()).get(splitVolumePath(job.to).volume)?.freeBytes,
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

/**
 * The hidden sources, the oldest first, in groups of which no source counts for another: one that was recalled goes before
 * what the recall has hidden, by which it is judged.
 */
function hiddenSources(moves: readonly Move[]): Move[][] {
  const oldestFirst = moves
    .filter((move) => !isUnderWay(move))
    .sort((a, b) => Date.parse(a.at ?? '') - Date.parse(b.at ?? ''));
  const groups: Move[][] = [];
  for (const move of oldestFirst) {
    const group = groups.at(-1);
    if (group && !move.recall && !group[0]?.recall) group.push(move);
    else groups.push([move]);
  }
  return groups;
}
