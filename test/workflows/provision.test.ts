import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VolumeActivities } from '../../activities/volumes.js';
import type { ProvisionResult } from '../../src/domain/provision.js';
import { CONTROL_QUEUE } from '../../src/domain/queues.js';
import { hostFailure, workUntilCancelled } from '../support/fake-host.js';
import { until } from '../support/until.js';
import { type WorkflowBed, makeWorkflowBed } from '../support/workflow-bed.js';

const RESULT: ProvisionResult = {
  volume: 'flux',
  mountpoint: '/flux',
  filesystemUuid: null,
  created: true,
  directories: { made: ['active'], present: [] },
  notes: ['its sentinel was gone and was written anew'],
};

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Starts the workflow for a host that has only this activity. */
async function provision(provisionVolume: VolumeActivities['provisionVolume']) {
  const name = randomUUID().slice(0, 8);
  await bed.startHost(`here-${name}`, { provisionVolume });
  return bed.client.workflow.start('provision', {
    workflowId: `miket/provision/${name}`,
    taskQueue: CONTROL_QUEUE,
    args: [{ estate: 'miket', volume: 'flux', host: `here-${name}` }],
  });
}

it('asks the host by names only, and tells the end in result, search attribute and memo', async () => {
  const asked: unknown[] = [];
  const handle = await provision((input) => {
    asked.push(input);
    return Promise.resolve(RESULT);
  });
  const ended = await bed.ended(handle, 'provision-complete');
  expect(asked).toEqual([{ estate: 'miket', volume: 'flux' }]);
  const report = { outcome: 'complete', result: RESULT };
  expect(ended).toMatchObject({ result: report, memo: { report }, outcome: 'complete' });
});

it('fails with the failure of the host, hint and all', async () => {
  const hint = 'mount it';
  const handle = await provision(() => Promise.reject(hostFailure('VolumeUnavailable', { hint })));
  expect(await bed.ended(handle, 'provision-failed')).toMatchObject({
    failure: { type: 'VolumeUnavailable', message: 'it was VolumeUnavailable', details: [{ hint }] },
    memo: { report: { outcome: 'failed', result: null, error: { type: 'VolumeUnavailable', hint } } },
    outcome: 'failed',
  });
});

it('can be cancelled', async () => {
  let began = false;
  const handle = await provision(() => {
    began = true;
    return workUntilCancelled(() => Promise.resolve());
  });
  await until(() => began);
  await handle.cancel();
  expect(await bed.ended(handle, 'provision-cancelled')).toMatchObject({
    status: 'CANCELLED',
    memo: { report: { outcome: 'cancelled', result: null } },
    outcome: 'cancelled',
  });
});
