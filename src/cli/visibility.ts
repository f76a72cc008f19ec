import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { JOB_KINDS } from '../domain/job.js';

/**
 * Runs that Temporal lists for a query, newest first. Lists are made from what every server knows (ids, types,
 * status), so that they also work where the custom search attributes are missing.
 */
export async function listRuns(
  client: Client,
  query: string,
  limit: number,
): Promise<WorkflowExecutionInfo[]> {
  const runs: WorkflowExecutionInfo[] = [];
  if (limit <= 0) return runs;
  for await (const info of client.workflow.list({ query, pageSize: Math.min(limit, 1000) })) {
    runs.push(info);
    if (runs.length >= limit) break;
  }
  return runs;
}

/** Every job run of an estate, and of other workflows. Names of estates and jobs hold no quotes: the schema sees to it. */
export function estateRunsQuery(estate: string, others: readonly string[] = []): string {
  const types = [...JOB_KINDS, ...others].map((type) => `'${type}'`).join(', ');
  return `WorkflowId STARTS_WITH '${estate}/' AND WorkflowType IN (${types})`;
}

/** Every run of one job, by its workflow id. */
export const jobRunsQuery = (workflowId: string): string => `WorkflowId = '${workflowId}'`;
