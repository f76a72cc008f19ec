import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MirrorActivities, PlannedMirror, UploadedMirror } from '../../activities/mirror.js';
import type { RecordActivities, RecordRunInput } from '../../activities/record.js';
import type { ApprovableInput } from '../../src/domain/hold.js';
import { hostFailure } from '../support/fake-host.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

type HostActivities = MirrorActivities & RecordActivities;

const NOTHING = { files: 0, bytes: 0 };
const PLAN = { hash: 'p', transfers: 2, changes: 1, deletes: 3, deleteBytes: 300, deleteShare: 0.03 };
const PLANNED: PlannedMirror = { plan: PLAN, omitted: {}, deletes: 3, biggest: [] };
const UPLOADED: UploadedMirror = { transferred: { files: 2, bytes: 20 } };
const DELETED = { deleted: { files: 3, bytes: 300 } };
const VERIFIED = { verified: { files: 4, bytes: 40 } };
const HOLD = {
  reason: 'too much',
  planHash: 'p',
  approveWith: 'fts approve mirror',
  expiresAt: '2026-11-30T00:00:00Z',
};
const DONE = { ...DELETED, ...VERIFIED, transferred: UPLOADED.transferred, omitted: {}, plan: PLAN };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Runs a mirror on a host on which everything goes well, but for what is replaced. */
async function runMirror(
  replaced: Partial<HostActivities> = {},
  { shape, ...more }: Partial<ApprovableInput> & { shape?: string } = {},
) {
  const input: ApprovableInput = makeJobInput({ kind: 'mirror', ...more });
  const calls: [string, unknown][] = [];
  const activities: HostActivities = {
    planMirror: () => Promise.resolve(PLANNED),
    uploadMirror: () => Promise.resolve(UPLOADED),
    deleteMirrored: () => Promise.resolve(DELETED),
    verifyMirror: () => Promise.resolve(VERIFIED),
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
    planMirror: heard('planMirror', activities.planMirror),
    uploadMirror: heard('uploadMirror', activities.uploadMirror),
    deleteMirrored: heard('deleteMirrored', activities.deleteMirrored),
    verifyMirror: heard('verifyMirror', activities.verifyMirror),
    recordRun: heard('recordRun', (given: RecordRunInput) => activities.recordRun(given)),
  });
  const handle = await bed.start(input);
  return { ended: await bed.ended(handle, shape), calls, steps: calls.map(([name]) => name), input };
}

describe('a mirror', () => {
  it('plans, uploads, deletes, verifies and records', async () => {
    const { ended, steps } = await runMirror({}, { shape: 'mirror-complete' });
    expect(ended.result).toEqual({ outcome: 'complete', result: DONE });
    expect(steps).toEqual([...['planMirror', 'uploadMirror', 'deleteMirrored', 'verifyMirror', 'recordRun']]);
    expect(ended.events).toBeLessThanOrEqual(60);
  });

  it('deletes nothing where nothing is to be deleted', async () => {
    const { ended, steps } = await runMirror({
      planMirror: () => Promise.resolve({ ...PLANNED, deletes: 0 }),
    });
    expect(ended.result).toMatchObject({ outcome: 'complete', result: { deleted: NOTHING } });
    expect(steps).not.toContain('deleteMirrored');
  });

  it('that finds nothing to do has read its sample by then, and is at its end', async () => {
    const plan = { ...PLAN, transfers: 0, changes: 0, deletes: 0 };
    const { ended, steps } = await runMirror(
      { planMirror: () => Promise.resolve({ ...PLANNED, ...VERIFIED, plan, deletes: 0 }) },
      { shape: 'mirror-still' },
    );
    const result = { ...VERIFIED, transferred: NOTHING, deleted: NOTHING, plan };
    expect(ended.result).toMatchObject({ outcome: 'complete', result });
    expect(steps).toEqual(['planMirror', 'recordRun']);
  });

  it('that is held uploads and verifies, deletes nothing, and says how to answer', async () => {
    const held: PlannedMirror = {
      ...PLANNED,
      deletes: 0,
      hold: HOLD,
      biggest: [{ path: 'big', bytes: 2048 }],
    };
    const { ended, steps, calls } = await runMirror(
      { planMirror: () => Promise.resolve(held) },
      { shape: 'mirror-held' },
    );
    const report = { outcome: 'held', result: { ...DONE, deleted: NOTHING, hold: HOLD } };
    expect(ended).toMatchObject({ result: report, memo: { report }, outcome: 'held', status: 'COMPLETED' });
    expect(steps).toEqual(['planMirror', 'uploadMirror', 'verifyMirror', 'recordRun']);
    expect(calls.at(-1)?.[1]).toMatchObject(report);
  });

  it('of a job that the estate pauses is not tried, and nobody takes it for a run', async () => {
    const reason = 'the estate pauses job copy';
    const planMirror = () => Promise.resolve({ refused: { reason } });
    const { ended, steps } = await runMirror({ planMirror }, { shape: 'mirror-skipped' });
    expect(ended).toMatchObject({ outcome: 'skipped', result: { result: null, error: { message: reason } } });
    expect(steps).toEqual(['planMirror']);
  });

  it('hands an approval to the plan and to nothing else', async () => {
    const approval = { statement: '{}', signature: 's' };
    const { calls, input } = await runMirror({}, { approval });
    const { estate, job, declaration } = input;
    const request = { estate, job, declaration };
    expect(calls.slice(0, -1).map(([, given]) => given)).toEqual([
      ...[{ ...request, approval }, request, request, request],
    ]);
  });

  it('that could not read something, or cannot hold something, is partial and says what', async () => {
    const unreadable = { count: 1, first: [{ path: 'a', message: 'permission denied' }], report: '/r' };
    const some = await runMirror(
      { uploadMirror: () => Promise.resolve({ ...UPLOADED, unreadable }) },
      { shape: 'mirror-partial' },
    );
    expect(some.ended.result).toMatchObject({
      outcome: 'partial',
      result: { unreadable },
      error: { type: 'FilesUnreadable', message: expect.stringContaining('a (permission denied)') as string },
    });
    const others = await runMirror({
      planMirror: () => Promise.resolve({ ...PLANNED, omitted: { devices: 2, sockets: 1 } }),
    });
    expect(others.ended.result).toMatchObject({
      outcome: 'partial',
      result: { omitted: { devices: 2, sockets: 1 } },
      error: { type: 'FilesOmitted', message: '2 files cannot be in the mirror: 2 devices' },
    });
  });

  it('is complete without sockets and FIFOs', async () => {
    const omitted = { sockets: 1, fifos: 2 };
    const { ended } = await runMirror({ planMirror: () => Promise.resolve({ ...PLANNED, omitted }) });
    expect(ended.result).toMatchObject({ outcome: 'complete', result: { omitted } });
  });

  it('that fails after its upload says what it did, and deletes nothing', async () => {
    const failure = hostFailure('VolumeUnavailable');
    const { ended, steps, calls } = await runMirror(
      { deleteMirrored: () => Promise.reject(failure) },
      { shape: 'mirror-failed' },
    );
    expect(ended).toMatchObject({ failure: { type: 'VolumeUnavailable' }, outcome: 'failed' });
    expect(steps).not.toContain('verifyMirror');
    expect(calls.at(-1)?.[1]).toMatchObject({ outcome: 'failed', result: { transferred: { files: 2 } } });
  });
});
