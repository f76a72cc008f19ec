import { activityInfo } from '@temporalio/activity';

/** The run of the workflow that the present activity belongs to. */
export function currentRun(): { workflowId: string; runId: string } {
  const run = activityInfo().workflowExecution;
  if (!run) throw new Error('this activity belongs to no workflow');
  return { workflowId: run.workflowId, runId: run.runId };
}
