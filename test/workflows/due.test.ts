import { afterAll, beforeAll, expect, it } from 'vitest';
import { jobSearchAttributes } from '../../src/domain/job-start.js';
import { dueWorkflowId, jobWorkflowId } from '../../src/domain/ids.js';
import type { JobInput } from '../../src/domain/job.js';
import { CONTROL_QUEUE } from '../../src/domain/queues.js';
import { makeFakeHost, workUntilCancelled } from '../support/fake-host.js';
import { until } from '../support/until.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Starts `due` as a schedule does: under an id with the time in it. */
const startDue = (input: JobInput) =>
  bed.client.workflow.start('due', {
    workflowId: `${dueWorkflowId(input.estate, input.job)}-2026-03-01T12:00:00Z`,
    taskQueue: CONTROL_QUEUE,
    typedSearchAttributes: jobSearchAttributes(input),
    args: [input],
  });

it('starts the job under its own id, and ends without waiting for it', async () => {
  const input = makeJobInput();
  const workflowId = jobWorkflowId(input.estate, input.job);

  const ended = await bed.ended(await startDue(input), 'due-started');

  const report = { outcome: 'complete', result: { workflowId, runId: expect.any(String) as string } };
  expect(ended).toMatchObject({ status: 'COMPLETED', result: report, memo: { report }, outcome: 'complete' });
  const job = bed.client.workflow.getHandle(workflowId);
  const { status, type, taskQueue, typedSearchAttributes } = await job.describe();
  expect([status.name, type, taskQueue]).toEqual(['RUNNING', input.kind, CONTROL_QUEUE]);
  expect(typedSearchAttributes.getAll()).toEqual(expect.arrayContaining(jobSearchAttributes(input)));

  const host = makeFakeHost();
  await bed.startHost(input.host, host.activities);
  expect((await bed.ended(job)).result).toMatchObject({ outcome: 'complete' });
  expect(host.inputs.takeSnapshot).toMatchObject([{ job: input.job, declaration: input.declaration }]);
});

it('skips, naming the run that is on, and leaves that alone', async () => {
  const input = makeJobInput();
  const host = makeFakeHost({ takeSnapshot: () => workUntilCancelled(() => Promise.resolve()) });
  await bed.startHost(input.host, host.activities);
  const running = await bed.start(input);
  await until(() => host.calls.includes('takeSnapshot'));

  const ended = await bed.ended(await startDue(input), 'due-skipped');

  const report = {
    outcome: 'skipped',
    result: { workflowId: running.workflowId },
    error: { type: 'AlreadyRunning', message: `${running.workflowId} is still running` },
  };
  expect(ended).toMatchObject({ status: 'COMPLETED', result: report, memo: { report }, outcome: 'skipped' });
  expect((await running.describe()).status.name).toBe('RUNNING');
  await running.cancel();
  await bed.ended(running);
  expect(host.calls.filter((call) => call === 'takeSnapshot')).toHaveLength(1);
});

it('starts the job again once it has ended, whichever way', async () => {
  const input = makeJobInput();
  const first = await bed.start(input);
  const { runId } = await first.describe();
  await first.terminate();
  const { result } = await bed.ended(await startDue(input));
  expect(result).toMatchObject({ outcome: 'complete', result: { workflowId: first.workflowId } });
  expect(result).not.toMatchObject({ result: { runId } });
});
