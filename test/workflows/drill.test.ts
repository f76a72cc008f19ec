import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdmissionActivities } from '../../activities/admission.js';
import type { DrillActivities } from '../../activities/drill.js';
import type { RecordActivities, RecordRunInput } from '../../activities/record.js';
import type { DrillResult } from '../../src/domain/drill.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

type HostActivities = AdmissionActivities & DrillActivities & RecordActivities;

const FOUND: DrillResult = {
  ...{ snapshotId: 'abcdef0123', snapshotAge: 60, snapshotMaxAge: 7200 },
  ...{ compared: { files: 2, bytes: 200 }, comparedLive: 2, mismatches: 0, notComparable: 0 },
  ...{ negativeControl: 'caught', bytesPerSecond: 100 },
  coverage: { projects: 3, drilled: 1, cycleDays: 90 },
};

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Runs a drill on a host on which everything goes well, but for what is replaced. */
async function runDrill(replaced: Partial<HostActivities> = {}, shape?: string) {
  const input = makeJobInput({ kind: 'drill' });
  const recorded: RecordRunInput[] = [];
  await bed.startHost(input.host, {
    admitJob: () => Promise.resolve({ admitted: true }),
    drillRepository: () => Promise.resolve(FOUND),
    recordRun: (given: RecordRunInput) => {
      recorded.push(given);
      return Promise.resolve();
    },
    ...replaced,
  });
  return { ended: await bed.ended(await bed.start(input), shape), recorded };
}

describe('a drill', () => {
  it('is complete with what it found', async () => {
    const { ended, recorded } = await runDrill({}, 'drill-complete');
    expect(ended.result).toEqual({ outcome: 'complete', result: FOUND });
    expect(recorded).toMatchObject([{ outcome: 'complete', result: FOUND }]);
  });

  it.each<[string, Partial<DrillResult>, string]>([
    ['that found a difference', { mismatches: 1 }, 'VerificationFailed'],
    ['that did not notice the altered copy', { negativeControl: 'missed' }, 'DrillBroken'],
    ['of an old snapshot', { snapshotAge: 1e6 }, 'SnapshotTooOld'],
  ])('%s fails, and still tells what it found', async (_, change, type) => {
    const result = { ...FOUND, ...change };
    const shape = type === 'VerificationFailed' ? 'drill-failed' : undefined;
    const { ended, recorded } = await runDrill({ drillRepository: () => Promise.resolve(result) }, shape);
    expect(ended).toMatchObject({
      ...{ failure: { type, details: [{ result }] }, outcome: 'failed', status: 'FAILED' },
    });
    expect(recorded).toMatchObject([{ outcome: 'failed', result, error: { type } }]);
  });

  it('of a repository without snapshots fails as the host says', async () => {
    const failure = ApplicationFailure.nonRetryable('none', 'NothingToVerify');
    const { ended } = await runDrill({ drillRepository: () => Promise.reject(failure) });
    expect(ended).toMatchObject({ failure: { type: 'NothingToVerify' }, outcome: 'failed' });
  });
});
