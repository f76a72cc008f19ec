/** Workflow id of a job. One id a job is what makes it one run at a time. */
export const jobWorkflowId = (estate: string, job: string): string => `${estate}/${job}`;

/** Workflow id of what a schedule starts; Temporal appends the due time to it. */
export const dueWorkflowId = (estate: string, job: string): string => `${estate}/${job}/due`;

export const scheduleId = (estate: string, job: string): string => `${estate}/${job}`;

export const provisionWorkflowId = (estate: string, volume: string): string =>
  `${estate}/provision/${volume}`;
