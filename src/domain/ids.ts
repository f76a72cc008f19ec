/** Workflow id of a job. One id a job is what makes it one run at a time. */
export const jobWorkflowId = (estate: string, job: string): string => `${estate}/${job}`;

/** Workflow id of what a schedule starts; Temporal appends the due time to it. */
export const dueWorkflowId = (estate: string, job: string): string => `${estate}/${job}/due`;

export const scheduleId = (estate: string, job: string): string => `${estate}/${job}`;

export const provisionWorkflowId = (estate: string, volume: string): string =>
  `${estate}/provision/${volume}`;

/** Workflow id of a recall. `part` stands for the project's name, which may be anything (`recall-id.ts`). */
export const recallWorkflowId = (estate: string, job: string, part: string): string =>
  `${estate}/${job}/recall/${part}`;

/** Workflow id of the look that comes before a recall. */
export const recallPlanWorkflowId = (estate: string, job: string, part: string): string =>
  `${estate}/${job}/recall-plan/${part}`;

/** Workflow id of a restore. `id` is random. */
export const restoreWorkflowId = (estate: string, id: string): string => `${estate}/restore/${id}`;

/** Workflow id of the look that comes before a restore. */
export const restorePlanWorkflowId = (estate: string, id: string): string => `${estate}/restore-plan/${id}`;

/** Workflow id of a volume's rebuild: one at a time. */
export const rebuildWorkflowId = (estate: string, volume: string): string => `${estate}/rebuild/${volume}`;

/** Workflow id of the look that comes before a rebuild. `id` is random. */
export const rebuildPlanWorkflowId = (estate: string, volume: string, id: string): string =>
  `${estate}/rebuild-plan/${volume}/${id}`;
