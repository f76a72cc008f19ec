import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAKEN, hostFailure, makeFakeHost, workUntilCancelled } from '../support/fake-host.js';
import { until } from '../support/until.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

const { repository: _, ...COUNTS } = TAKEN;

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

describe('a complete run', () => {
  it('is told in its result, its memo and its search attribute, and recorded once', async () => {
    const input = makeJobInput();
    const host = makeFakeHost();
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input));
    const report = { outcome: 'complete', result: { ...COUNTS, forgotten: 2 } };
    expect(ended).toMatchObject({
      status: 'COMPLETED',
      result: report,
      memo: { report },
      outcome: 'complete',
    });
    expect(host.recorded).toMatchObject([report]);
  });

  it('that cannot be recorded has failed, for the reason why, with what was done', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      recordRun: () => Promise.reject(hostFailure('StateCorrupt', { hint: 'look at it' })),
    });
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input));
    const result = { ...COUNTS, forgotten: 2 };
    expect(ended).toMatchObject({
      status: 'FAILED',
      failure: { type: 'StateCorrupt', nonRetryable: true, details: [{ hint: 'look at it', result }] },
      memo: { report: { outcome: 'failed', result, error: { type: 'StateCorrupt' } } },
      outcome: 'failed',
    });
  });

  it('is recorded as soon as the host can again', async () => {
    const input = makeJobInput();
    let attempts = 0;
    const host = makeFakeHost({
      recordRun: () =>
        (attempts += 1) < 2
          ? Promise.reject(hostFailure('ToolFailed', { nonRetryable: false }))
          : Promise.resolve(),
    });
    await bed.startHost(input.host, host.activities);
    expect(await bed.ended(await bed.start(input))).toMatchObject({ outcome: 'complete' });
    expect(attempts).toBe(2);
  });
});

describe('a failed run', () => {
  it('fails with the host’s own failure: type, message, hint, and what was done', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      forgetSnapshots: () => Promise.reject(hostFailure('DestinationFull', { hint: 'make room' })),
    });
    await bed.startHost(input.host, host.activities);

    const ended = await bed.ended(await bed.start(input), 'snapshot-failed');

    const result = { ...COUNTS, forgotten: 0 };
    const error = { type: 'DestinationFull', message: 'it was DestinationFull', hint: 'make room' };
    expect(ended.status).toBe('FAILED');
    expect(ended.failure).toMatchObject({
      type: error.type,
      message: error.message,
      nonRetryable: true,
      details: [{ hint: error.hint, result }],
    });
    expect(ended.memo).toMatchObject({ report: { outcome: 'failed', result, error } });
    expect(ended.outcome).toBe('failed');
    expect(host.recorded).toMatchObject([{ outcome: 'failed', result, error }]);
  });

  it('in which nothing was done has no result', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ takeSnapshot: () => Promise.reject(hostFailure('WrongPassword')) });
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input));
    expect(ended.failure).toMatchObject({ type: 'WrongPassword', details: [{ result: null }] });
    expect(ended.memo).toEqual({
      report: {
        outcome: 'failed',
        result: null,
        error: { type: 'WrongPassword', message: 'it was WrongPassword' },
      },
    });
  });

  it('keeps its own failure when it cannot be recorded', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: () => Promise.reject(hostFailure('WrongPassword')),
      recordRun: () => Promise.reject(hostFailure('StateCorrupt')),
    });
    await bed.startHost(input.host, host.activities);
    expect(await bed.ended(await bed.start(input))).toMatchObject({
      failure: { type: 'WrongPassword' },
      outcome: 'failed',
    });
  });

  it('ends although its host goes on failing to record it', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: () => Promise.reject(hostFailure('WrongPassword')),
      recordRun: () => Promise.reject(hostFailure('ToolFailed', { nonRetryable: false })),
    });
    await bed.startHost(input.host, host.activities);
    expect(await bed.ended(await bed.start(input))).toMatchObject({ failure: { type: 'WrongPassword' } });
  });

  it('ends although its host is gone by then', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: () => {
        void stopHost();
        return Promise.reject(hostFailure('RepositoryMissing'));
      },
    });
    const stopHost = await bed.startHost(input.host, host.activities);
    expect(await bed.ended(await bed.start(input))).toMatchObject({
      failure: { type: 'RepositoryMissing' },
      outcome: 'failed',
    });
    expect(host.recorded).toEqual([]);
  });

  it('is tried again as long as the host says that waiting may help', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: () =>
        Context.current().info.attempt < 2
          ? Promise.reject(hostFailure('Busy', { nonRetryable: false }))
          : Promise.resolve(TAKEN),
    });
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input), 'snapshot-retried');
    expect(ended).toMatchObject({ outcome: 'complete' });
    expect(host.calls.filter((call) => call === 'takeSnapshot')).toHaveLength(2);
  });
});

describe('a cancelled run', () => {
  it('waits until the tool has ended, is recorded as cancelled, and does nothing more', async () => {
    const input = makeJobInput();
    let toolEnded = false;
    let recordedAfter = false;
    const host = makeFakeHost({
      takeSnapshot: () =>
        workUntilCancelled(async () => {
          await sleep(500);
          toolEnded = true;
        }),
      recordRun: () => {
        recordedAfter = toolEnded;
        return Promise.resolve();
      },
    });
    await bed.startHost(input.host, host.activities);
    const handle = await bed.start(input);
    await until(() => host.calls.includes('takeSnapshot'));
    await handle.cancel();

    const ended = await bed.ended(handle, 'snapshot-cancelled');

    expect(recordedAfter).toBe(true);
    expect(ended).toMatchObject({
      status: 'CANCELLED',
      memo: { report: { outcome: 'cancelled', result: null } },
      outcome: 'cancelled',
    });
    expect(ended.memo).not.toHaveProperty('report.error');
    expect(host.calls).toEqual(['takeSnapshot', 'recordRun']);
    expect(host.recorded).toMatchObject([{ outcome: 'cancelled', result: null }]);
  });

  it('says what was done before', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ forgetSnapshots: () => workUntilCancelled(() => Promise.resolve()) });
    await bed.startHost(input.host, host.activities);
    const handle = await bed.start(input);
    await until(() => host.calls.includes('forgetSnapshots'));
    await handle.cancel();
    const result = { ...COUNTS, forgotten: 0 };
    expect(await bed.ended(handle)).toMatchObject({
      memo: { report: { outcome: 'cancelled', result } },
      outcome: 'cancelled',
    });
    expect(host.recorded).toMatchObject([{ outcome: 'cancelled', result }]);
  });

  it('of a host that is away ends all the same', async () => {
    const handle = await bed.start(makeJobInput());
    await handle.cancel();
    expect(await bed.ended(handle)).toMatchObject({ status: 'CANCELLED', outcome: 'cancelled' });
  });
});
