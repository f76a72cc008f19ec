import type { Answer, Round } from '../scenario.js';
import type { World } from '../world.js';
import { recordOf } from './record.js';

/** One run for each request that was not refused, and no other. */
export function checkRuns(answers: readonly Answer[], runs: readonly string[]): string[] {
  const asked = answers.filter(({ outcome }) => outcome !== 'refused').map(({ runId = 'no run' }) => runId);
  const isSo = runs.length === asked.length && asked.every((runId) => runs.includes(runId));
  return isSo
    ? []
    : [`${String(asked.length)} requests (${asked.join()}) had ${String(runs.length)} runs (${runs.join()})`];
}

/** One run for each request and no more, and of a job a success on record exactly for a complete one. */
export async function checkRequests(
  world: World,
  { job, request }: Pick<Round, 'job' | 'request'>,
  { since, answers }: { since: Date; answers: readonly Answer[] },
): Promise<string[]> {
  const violations: string[] = [];
  const client = await world.client();
  const runs: string[] = [];
  for await (const { runId, startTime } of client.workflow.list({
    query: request ? `WorkflowType = "${job}"` : `WorkflowId = "${world.estate}/${job}"`,
  }))
    if (startTime >= since) runs.push(runId);
  violations.push(...checkRuns(answers, runs));
  if (request) return violations;
  const last = answers.at(-1);
  const record = await recordOf(world, job);
  if (last?.outcome === 'complete' && record?.lastSuccess?.runId !== last.runId)
    violations.push(
      `run ${String(last.runId)} is complete, and the success on record is ${String(record?.lastSuccess?.runId)}`,
    );
  if (record?.lastSuccess && record.lastSuccess.outcome !== 'complete')
    violations.push(`the success on record is ${record.lastSuccess.outcome}`);
  for (const { outcome, runId } of answers)
    if (outcome !== 'complete' && runId !== undefined && record?.lastSuccess?.runId === runId)
      violations.push(`run ${runId} ended as ${outcome} and is on record as a success`);
  return violations;
}
