import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdmissionActivities } from '../../activities/admission.js';
import type { CheckActivities, CheckedPart } from '../../activities/check.js';
import type { RecordActivities } from '../../activities/record.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

type HostActivities = AdmissionActivities & CheckActivities & RecordActivities;

const READ: CheckedPart = { subset: '3/28', covered: { share: 0.1, sinceDays: 2.5 }, errors: 0 };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Runs a check on a host on which everything goes well, but for what is replaced. */
async function runCheck(replaced: Partial<HostActivities> = {}, shape?: string) {
  const input = makeJobInput({ kind: 'check' });
  const recorded: unknown[] = [];
  const activities: HostActivities = {
    admitJob: () => Promise.resolve({ admitted: true }),
    checkPart: () => Promise.resolve(READ),
    recordRun: (run) => {
      recorded.push(run);
      return Promise.resolve();
    },
    ...replaced,
  };
  await bed.startHost(input.host, activities);
  const handle = await bed.start(input);
  return { ended: await bed.ended(handle, shape), recorded };
}

describe('a check', () => {
  it('reads a part and records what it found', async () => {
    const { ended, recorded } = await runCheck({}, 'check-complete');
    expect(ended.result).toEqual({ outcome: 'complete', result: READ });
    expect(recorded).toMatchObject([{ outcome: 'complete', result: READ }]);
  });

  it('that finds errors fails, with the errors in its result and what to do', async () => {
    const damaged = { ...READ, errors: 2, first: [{ path: 'local', message: 'pack a1 is damaged' }] };
    const failure = { type: 'RepositoryDamaged', message: 'two errors', hint: 'mend it' };
    const { ended, recorded } = await runCheck(
      { checkPart: () => Promise.resolve({ ...damaged, failure }) },
      'check-failed',
    );
    expect(ended).toMatchObject({
      outcome: 'failed',
      failure: { type: 'RepositoryDamaged', details: [{ hint: 'mend it', result: damaged }] },
      memo: { report: { outcome: 'failed', result: damaged, error: failure } },
    });
    expect(recorded).toMatchObject([{ outcome: 'failed', result: damaged, error: failure }]);
  });

  it('that could not be made has no result', async () => {
    const { ended } = await runCheck({
      checkPart: () => Promise.reject(ApplicationFailure.nonRetryable('no', 'WrongPassword')),
    });
    expect(ended).toMatchObject({ failure: { type: 'WrongPassword' }, outcome: 'failed' });
  });
});
