import { createHash } from 'node:crypto';
import { recallPlanWorkflowId, recallWorkflowId } from '../domain/ids.js';
import { jobSearchAttributes } from '../domain/job-start.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import type { RecallInput } from '../domain/recall.js';
import type { StartOptions } from './start-workflow.js';

/** Ids have a limit of 255 characters in some of Temporal's databases, and a name may have 255 bytes. */
const LONGEST_PLAIN = 64;
const LONGEST_HINT = 40;
const DIGITS = 16;

/**
 * What stands for a project's name in a workflow id: a plain name itself; for any other what is plain in it, `~`, and 16
 * hex digits of the SHA-256 of the name. No plain name holds `~`, so that two names never share an id.
 */
export function idPart(project: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(project) && project.length <= LONGEST_PLAIN) return project;
  const hint = project.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, LONGEST_HINT);
  return `${hint}~${createHash('sha256').update(project).digest('hex').slice(0, DIGITS)}`;
}

/** Start options of the workflow `recall`: one id a project, so that one recall of it runs at a time. */
export const recallStart = (input: RecallInput): StartOptions => ({
  ...common(input),
  workflowId: recallWorkflowId(input.estate, input.job, idPart(input.project)),
  staticSummary: `recall of ${oneLine(input.project)} on ${input.host}`,
});

/** Start options of the workflow `recallPlan`. */
export const recallPlanStart = (input: RecallInput): StartOptions => ({
  ...common(input),
  workflowId: recallPlanWorkflowId(input.estate, input.job, idPart(input.project)),
  staticSummary: `look for ${oneLine(input.project)} on ${input.host}`,
});

const common = (input: RecallInput) => ({
  taskQueue: CONTROL_QUEUE,
  typedSearchAttributes: jobSearchAttributes({ ...input, kind: 'recall' }),
  staticDetails: `A project of the archive of the graduation \`${input.job}\`, brought back by the worker of host \`${input.host}\`.`,
  memo: { project: input.project },
});

/** The Web UI shows a summary as one line of Markdown. */
const oneLine = (name: string): string => name.replaceAll(/[`\n]/g, "'").slice(0, 100);
