import { rebuildPlanWorkflowId, rebuildWorkflowId } from '../domain/ids.js';
import { jobSearchAttributes } from '../domain/job-start.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import type { RebuildInput } from '../domain/rebuild-run.js';
import type { StartOptions } from './start-workflow.js';

/** Start options of the workflow `rebuild`. */
export const rebuildStart = (input: RebuildInput): StartOptions => ({
  ...common(input),
  workflowId: rebuildWorkflowId(input.estate, input.volume),
  staticSummary: `rebuild of ${input.volume} on ${input.host}`,
});

/** Start options of the workflow `rebuildPlan`. `id` is random. */
export const rebuildPlanStart = (input: RebuildInput, id: string): StartOptions => ({
  ...common(input),
  workflowId: rebuildPlanWorkflowId(input.estate, input.volume, id),
  staticSummary: `look at a rebuild of ${input.volume} on ${input.host}`,
});

const common = (input: RebuildInput) => ({
  taskQueue: CONTROL_QUEUE,
  typedSearchAttributes: jobSearchAttributes({ ...input, kind: 'rebuild', job: 'rebuild' }),
  staticDetails: `Volume \`${input.volume}\` comes back part by part, by the worker of host \`${input.host}\`.`,
  memo: { host: input.host },
});
