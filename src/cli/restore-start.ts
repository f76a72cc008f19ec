import { restorePlanWorkflowId, restoreWorkflowId } from '../domain/ids.js';
import { jobSearchAttributes } from '../domain/job-start.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import type { RestoreInput } from '../domain/restore.js';
import type { StartOptions } from './start-workflow.js';

/** Start options of the workflow `restore`. */
export const restoreStart = (input: RestoreInput): StartOptions => ({
  ...common(input),
  workflowId: restoreWorkflowId(input.estate, input.id),
  staticSummary: `restore of ${described(input)} on ${input.host}`,
});

/** Start options of the workflow `restorePlan`. */
export const restorePlanStart = (input: RestoreInput): StartOptions => ({
  ...common(input),
  workflowId: restorePlanWorkflowId(input.estate, input.id),
  staticSummary: `look at a restore of ${described(input)} on ${input.host}`,
});

const common = (input: RestoreInput) => ({
  taskQueue: CONTROL_QUEUE,
  typedSearchAttributes: jobSearchAttributes({ ...input, kind: 'restore', job: 'restore' }),
  staticDetails: `Files that come back from a snapshot, by the worker of host \`${input.host}\`.`,
  memo: { host: input.host },
});

/** The Web UI shows a summary as one line of Markdown. */
const described = ({ paths }: RestoreInput): string => {
  const [first = '', ...others] = paths;
  const name = first.replaceAll(/[`\n]/g, "'").slice(0, 100);
  return others.length === 0 ? name : `${name} and ${String(others.length)} more`;
};
