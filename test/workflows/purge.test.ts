import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdmissionActivities } from '../../activities/admission.js';
import type { PlannedPurge, PurgeActivities } from '../../activities/purge.js';
import type { RecordActivities, RecordRunInput } from '../../activities/record.js';
import type { ApprovableInput } from '../../src/domain/hold.js';
import { hostFailure } from '../support/fake-host.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

type HostActivities = AdmissionActivities & PurgeActivities & RecordActivities;

const DELETED = { deleted: { files: 3, bytes: 300 } };
const HOLD = {
  reason: 'too much',
  planHash: 'p',
  approveWith: 'fts approve purge',
  expiresAt: '2026-11-30T00:00:00Z',
};
const HELD: PlannedPurge = { released: false, hold: HOLD, biggest: [{ path: 'big`file', bytes: 2048 }] };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Runs a purge on a host on which everything goes well, but for what is replaced. */
async function runPurge(
  replaced: Partial<HostActivities> = {},
  { shape, ...more }: Partial<ApprovableInput> & { shape?: string } = {},
) {
  const input: ApprovableInput = makeJobInput({ kind: 'purge', ...more });
  const calls: [string, unknown][] = [];
  const activities: HostActivities = {
    admitJob: () => Promise.resolve({ admitted: true }),
    planPurge: () => Promise.resolve({ released: true, removal: { files: 3, bytes: 300 } }),
    deleteOld: () => Promise.resolve(DELETED),
    recordRun: () => Promise.resolve(),
    ...replaced,
  };
  const heard =
    <I, R>(name: string, activity: (input: I) => Promise<R>) =>
    (given: I) => {
      calls.push([name, given]);
      return activity(given);
    };
  await bed.startHost(input.host, {
    admitJob: heard('admitJob', activities.admitJob),
    planPurge: heard('planPurge', activities.planPurge),
    deleteOld: heard('deleteOld', activities.deleteOld),
    recordRun: heard('recordRun', (given: RecordRunInput) => activities.recordRun(given)),
  });
  const handle = await bed.start(input);
  return { ended: await bed.ended(handle, shape), handle, calls, steps: calls.map(([name]) => name), input };
}

describe('a purge', () => {
  it('looks, deletes and records', async () => {
    const { ended, steps } = await runPurge({}, { shape: 'purge-complete' });
    expect(ended.result).toEqual({ outcome: 'complete', result: DELETED });
    expect(steps).toEqual(['admitJob', 'planPurge', 'deleteOld', 'recordRun']);
  });

  it('that is held deletes nothing, and says how to answer', async () => {
    const { ended, steps, calls } = await runPurge(
      { planPurge: () => Promise.resolve(HELD) },
      { shape: 'purge-held' },
    );
    const report = { outcome: 'held', result: { deleted: { files: 0, bytes: 0 }, hold: HOLD } };
    expect(ended).toMatchObject({ result: report, memo: { report }, outcome: 'held', status: 'COMPLETED' });
    expect(steps).toEqual(['admitJob', 'planPurge', 'recordRun']);
    expect(calls.at(-1)?.[1]).toMatchObject(report);
  });

  it('hands an approval to the plan and to nothing else', async () => {
    const approval = { statement: '{}', signature: 's' };
    const { calls, input } = await runPurge({}, { approval });
    const { estate, job, declaration } = input;
    expect(calls.slice(0, 3)).toEqual([
      ['admitJob', { estate, job, declaration }],
      ['planPurge', { estate, job, declaration, approval }],
      ['deleteOld', { estate, job, declaration }],
    ]);
  });

  it('that could not delete everything is partial', async () => {
    const problems = { count: 1, first: [{ path: 'a', message: 'EACCES' }] };
    const deleteOld = () => Promise.resolve({ ...DELETED, problems });
    const { ended } = await runPurge({ deleteOld }, { shape: 'purge-partial' });
    const message = '1 entry could not be looked at or deleted, such as a (EACCES)';
    expect(ended.result).toMatchObject({ outcome: 'partial', error: { type: 'PermissionDenied', message } });
  });

  it('fails when its approval is not valid', async () => {
    const failure = hostFailure('ApprovalInvalid');
    const { ended, steps } = await runPurge(
      { planPurge: () => Promise.reject(failure) },
      { shape: 'purge-failed' },
    );
    expect(ended).toMatchObject({ failure: { type: 'ApprovalInvalid' }, outcome: 'failed' });
    expect(steps).not.toContain('deleteOld');
  });

  it('of a job that the estate pauses is not tried', async () => {
    const { ended, steps } = await runPurge({
      admitJob: () => Promise.resolve({ admitted: false, reason: 'paused' }),
    });
    expect(ended.result).toMatchObject({ outcome: 'skipped' });
    expect(steps).toEqual(['admitJob']);
  });
});
