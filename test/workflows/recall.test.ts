import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecallActivities } from '../../activities/recall.js';
import { recallPlanStart, recallStart } from '../../src/cli/recall-start.js';
import type { RecallInput, RecallPlan, RecallResult } from '../../src/domain/recall.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

const PLACES = { from: 'space/projects/cold', to: 'flux/active/cold' };
const RESULT: RecallResult = {
  files: 2,
  bytes: 4004,
  ...PLACES,
  keptAt: 'space/.fts/graduated/2030-01-01/cold',
};
const PLAN: RecallPlan = {
  found: 'archived',
  project: 'cold',
  files: 2,
  bytes: 4004,
  ...PLACES,
  conflicts: [],
};

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Starts a recall, or the look before it, on a host that answers so; what the host was asked. */
async function begin(workflow: 'recall' | 'recallPlan', answers: Partial<RecallActivities>) {
  const { kind: _, ...job } = makeJobInput();
  const input: RecallInput = { ...job, project: 'cold' };
  const asked: unknown[] = [];
  const heard =
    <T>(answer?: (request: Omit<RecallInput, 'host'>) => Promise<T>) =>
    (request: Omit<RecallInput, 'host'>) => {
      asked.push(request);
      return answer?.(request);
    };
  await bed.startHost(input.host, {
    planRecall: heard(answers.planRecall),
    recallProject: heard(answers.recallProject),
  });
  const start = workflow === 'recall' ? recallStart(input) : recallPlanStart(input);
  const handle: WorkflowHandle = await bed.client.workflow.start(workflow, { ...start, args: [input] });
  return { handle, asked, input };
}

describe('a recall', () => {
  it('has its host bring the project back, by its name', async () => {
    const { handle, asked, input } = await begin('recall', { recallProject: () => Promise.resolve(RESULT) });
    const ended = await bed.ended(handle, 'recall-complete');
    const report = { outcome: 'complete', result: RESULT };
    expect(ended).toMatchObject({
      result: report,
      memo: { report, project: 'cold' },
      outcome: 'complete',
      status: 'COMPLETED',
    });
    const { host: _, ...request } = input;
    expect(asked).toEqual([request]);
    expect(handle.workflowId).toBe(`${input.estate}/${input.job}/recall/cold`);
  });

  it('fails as its host does, and says so everywhere', async () => {
    const failure = ApplicationFailure.nonRetryable('cold exists', 'DestinationExists', {
      hint: 'rename one',
    });
    const { handle } = await begin('recall', { recallProject: () => Promise.reject(failure) });
    expect(await bed.ended(handle, 'recall-failed')).toMatchObject({
      failure: { type: 'DestinationExists', message: 'cold exists' },
      memo: { report: { outcome: 'failed', error: { type: 'DestinationExists', hint: 'rename one' } } },
      outcome: 'failed',
    });
  });
});

it('the look before a recall answers with what the host found', async () => {
  const { handle } = await begin('recallPlan', { planRecall: () => Promise.resolve(PLAN) });
  expect(await bed.ended(handle, 'recallPlan-complete')).toMatchObject({
    result: { outcome: 'complete', result: PLAN },
    status: 'COMPLETED',
  });
});
