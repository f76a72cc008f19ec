import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VolumeActivities } from '../../activities/volumes.js';
import { findTool } from '../../src/adapters/tools.js';
import type { RunReport } from '../../src/domain/job.js';
import type { ProvisionResult } from '../../src/domain/provision.js';
import { CONTROL_QUEUE, hostQueue } from '../../src/domain/queues.js';
import { SearchAttribute } from '../../src/domain/search-attributes.js';

const RESULT: ProvisionResult = {
  volume: 'flux',
  mountpoint: '/flux',
  filesystemUuid: null,
  created: true,
  directories: { made: ['active'], present: [] },
  notes: ['its sentinel was gone and was written anew'],
};

const OUTCOME = defineSearchAttributeKey(SearchAttribute.outcome, 'KEYWORD');

let environment: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  const { path } = await findTool('temporal');
  environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: ['--search-attribute', `${SearchAttribute.outcome}=Keyword`],
    },
  });
  const workflowsPath = fileURLToPath(new URL('../../workflows/provision.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath });
});
afterAll(() => environment.teardown());

/** Runs the workflow with a control worker and a host worker that has only this activity. */
async function run(provisionVolume: VolumeActivities['provisionVolume']) {
  const { nativeConnection: connection, client } = environment;
  const control = await Worker.create({ connection, taskQueue: CONTROL_QUEUE, workflowBundle });
  const host = await Worker.create({
    connection,
    taskQueue: hostQueue('motoko'),
    activities: { provisionVolume },
  });
  const workflowId = `miket/provision/${randomUUID()}`;
  const outcome = await control.runUntil(
    host.runUntil(
      client.workflow
        .execute('provision', {
          workflowId,
          taskQueue: CONTROL_QUEUE,
          args: [{ estate: 'miket', volume: 'flux', host: 'motoko' }],
        })
        .then(
          (report: RunReport<ProvisionResult>) => ({ report }),
          (error: unknown) => ({ error }),
        ),
    ),
  );
  const { memo, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
  return { ...outcome, memo, outcomeAttribute: typedSearchAttributes.get(OUTCOME) };
}

it('asks the host by names only, and tells the end in result, search attribute and memo', async () => {
  const asked: unknown[] = [];
  const ended = await run((input) => {
    asked.push(input);
    return Promise.resolve(RESULT);
  });
  expect(asked).toEqual([{ estate: 'miket', volume: 'flux' }]);
  const report = { outcome: 'complete', result: RESULT };
  expect(ended).toMatchObject({ report, memo: { report }, outcomeAttribute: 'complete' });
});

it('fails with the failure of the host, hint and all', async () => {
  const hint = 'mount it';
  const failure = () =>
    ApplicationFailure.create({
      type: 'VolumeUnavailable',
      message: 'volume flux at /flux is missing',
      nonRetryable: true,
      details: [{ hint }],
    });
  const ended = await run(() => Promise.reject(failure()));
  if (!('error' in ended)) throw new Error('it did not fail');
  expect(ended.error).toBeInstanceOf(WorkflowFailedError);
  expect(ended.error).toMatchObject({
    cause: { type: 'VolumeUnavailable', message: 'volume flux at /flux is missing', details: [{ hint }] },
  });
  expect(ended).toMatchObject({
    memo: { report: { outcome: 'failed', result: null, error: { type: 'VolumeUnavailable', hint } } },
    outcomeAttribute: 'failed',
  });
});
