import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFakeHost } from '../support/fake-host.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

it('is the runbook of a snapshot under the name that a person looks for', async () => {
  const input = makeJobInput({ kind: 'backup' });
  const host = makeFakeHost();
  await bed.startHost(input.host, host.activities);
  const handle = await bed.start(input);
  const ended = await bed.ended(handle, 'backup-complete');
  expect(ended).toMatchObject({ result: { outcome: 'complete' }, outcome: 'complete' });
  expect(host.calls).toEqual(['takeSnapshot', 'forgetSnapshots', 'recordRun']);
  expect((await handle.describe()).type).toBe('backup');
});
