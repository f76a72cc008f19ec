import type { RecallOrder } from '../src/adapters/recall-find.js';
import type { RecallSetting } from '../src/adapters/recall.js';
import type { RecallPlan, RecallRequest, RecallResult } from '../src/domain/recall.js';
import { splitVolumePath } from '../src/estate/paths.js';
import { reserveOf } from './admission.js';
import {
  type BothVolumes,
  createGraduationSteps,
  type GraduationJob,
  type GraduationStepDependencies,
} from './graduation-step.js';

export interface RecallDependencies extends GraduationStepDependencies {
  plan: (setting: RecallSetting, order: RecallOrder, wanted: string) => Promise<RecallPlan>;
  recall: (setting: RecallSetting, order: RecallOrder, wanted: string) => Promise<RecallResult>;
}

export const createRecallActivities = (dependencies: RecallDependencies) => {
  const { plan, recall } = dependencies;
  const { look, step } = createGraduationSteps(dependencies);

  return {
    /** Looks what a recall would do. Changes nothing; safe to retry. */
    planRecall: (request: RecallRequest): Promise<RecallPlan> =>
      look('look', request, (context, job, bothVolumes) =>
        plan({ ...context, requireRoom: roomFor(job, bothVolumes) }, orderOf(job), request.project),
      ),

    /**
     * Brings a project back. Safe to retry: the journal tells what an attempt left, which is finished or undone first, and
     * what an attempt of the same run has brought back is told again. Waits while a graduation of the job is on.
     */
    recallProject: (request: RecallRequest): Promise<RecallResult> =>
      step('recall', request, (context, job, bothVolumes) =>
        recall({ ...context, requireRoom: roomFor(job, bothVolumes) }, orderOf(job), request.project),
      ),
  };
};

export type RecallActivities = ReturnType<typeof createRecallActivities>;

const orderOf = ({ from, to }: GraduationJob): RecallOrder => ({ active: from, archive: to });

/** What is free where projects come back to, less what is kept back there. */
const roomFor =
  ({ from }: GraduationJob, bothVolumes: BothVolumes) =>
  async (): Promise<number | undefined> => {
    const condition = (await bothVolumes()).get(splitVolumePath(from).volume);
    if (condition?.freeBytes === undefined) return undefined;
    return condition.freeBytes - reserveOf(condition);
  };
