import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Graduated } from '../../activities/graduation.js';
import type { RecordRunInput } from '../../activities/record.js';
import type { GraduationResult } from '../../src/domain/graduation.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

const RESULT: GraduationResult = {
  counts: { moved: 1, kept: 0, failed: 0 },
  moved: [{ project: 'cold', files: 2, bytes: 4004, destination: 'space/projects/cold' }],
  kept: [],
  failed: [],
  sources: { removed: 0, waiting: 0, kept: 0, reasons: [] },
  report: '/state/reports/graduation.jsonl',
};
const SWEPT = { removed: 1, waiting: 2, kept: 0, reasons: [] };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Runs a graduation whose host answers so. */
async function graduate(graduated: Graduated, shape?: string) {
  const input = makeJobInput({ kind: 'graduation' });
  const calls: string[] = [];
  const recorded: RecordRunInput[] = [];
  const heard =
    <T>(name: string, answer: T) =>
    (): Promise<T> => {
      calls.push(name);
      return Promise.resolve(answer);
    };
  await bed.startHost(input.host, {
    admitJob: heard('admitJob', { admitted: true }),
    sweepSources: heard('sweepSources', SWEPT),
    graduateProjects: heard('graduateProjects', graduated),
    recordRun: (run: RecordRunInput): Promise<void> => {
      recorded.push(run);
      return Promise.resolve();
    },
  });
  return { ...(await bed.ended(await bed.start(input), shape)), calls, recorded };
}

describe('a graduation', () => {
  it('sweeps, moves and records', async () => {
    const ended = await graduate({ result: RESULT, biggest: [] }, 'graduation-complete');
    expect(ended.result).toEqual({ outcome: 'complete', result: { ...RESULT, sources: SWEPT } });
    expect(ended.calls).toEqual(['admitJob', 'sweepSources', 'graduateProjects']);
    expect(ended.recorded).toMatchObject([{ outcome: 'complete' }]);
    expect(ended.events).toBeLessThanOrEqual(60);
  });

  it('is held when its plan is', async () => {
    const hold = {
      reason: '6 of 6',
      planHash: 'p',
      approveWith: 'fts approve g',
      expiresAt: '2030-01-01T00:00:00Z',
    };
    const biggest = [{ path: 'big', bytes: 9 }];
    const ended = await graduate({ result: { ...RESULT, hold }, biggest }, 'graduation-held');
    expect(ended).toMatchObject({
      outcome: 'held',
      status: 'COMPLETED',
      result: { outcome: 'held', result: { hold } },
    });
  });

  it('fails when a project could not be moved, and tells what was done', async () => {
    const failed = [{ project: 'broken', reason: 'the disk is full' }];
    const result = { ...RESULT, counts: { moved: 1, kept: 0, failed: 1 }, failed };
    const { failure, recorded } = await graduate(
      { result, biggest: [], failure: 'DestinationFull' },
      'graduation-failed',
    );
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'DestinationFull',
      message: '1 project could not be moved: broken: the disk is full',
      details: [{ result: { ...result, sources: SWEPT } }],
    });
    expect(recorded).toMatchObject([{ outcome: 'failed', error: { type: 'DestinationFull' } }]);
  });
});
