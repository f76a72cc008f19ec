import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestoreActivities } from '../../activities/restore.js';
import { restorePlanStart, restoreStart } from '../../src/cli/restore-start.js';
import type { RestoreInput, RestorePlan, RestoreResult } from '../../src/domain/restore.js';
import { type WorkflowBed, makeWorkflowBed } from '../support/workflow-bed.js';

const SOURCE = { repository: 'local', snapshotId: '1a2b3c4d', at: '2030-01-01T18:00:00Z' };
const NOTHING = { files: 0, bytes: 0 };
const PLAN: RestorePlan = {
  ...{ source: SOURCE, target: '/flux/active/thesis.restored-2030-01-01T1800' },
  ...{ restored: { files: 2, bytes: 5014 }, unchanged: NOTHING, conflicts: { count: 0, first: [] } },
  replaced: NOTHING,
};
const RESULT: RestoreResult = { ...PLAN, verified: { files: 2, bytes: 5014 } };

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

let hosts = 0;

/** Starts a restore, or the look before it, on a host that answers so; which steps the host was asked for. */
async function begin(workflow: 'restore' | 'restorePlan', answers: Partial<RestoreActivities> = {}) {
  hosts += 1;
  const input: RestoreInput = {
    ...{ estate: 'testbed', id: `id-${String(hosts)}`, host: `restoring-${String(hosts)}` },
    ...{ paths: ['flux/active/thesis'], target: { kind: 'beside' } },
  };
  const asked: string[] = [];
  const heard =
    <Request, T>(name: string, answer: (request: Request) => Promise<T>) =>
    (request: Request) => {
      asked.push(name);
      return answer(request);
    };
  const silently = (): Promise<undefined> => Promise.resolve(undefined);
  await bed.startHost(input.host, {
    planRestore: heard('plan', answers.planRestore ?? (() => Promise.resolve(PLAN))),
    prepareRestore: heard('prepare', answers.prepareRestore ?? (() => Promise.resolve(SOURCE))),
    fetchRestore: heard('fetch', answers.fetchRestore ?? silently),
    verifyRestore: heard('verify', answers.verifyRestore ?? silently),
    publishRestore: heard('publish', answers.publishRestore ?? (() => Promise.resolve(RESULT))),
    discardRestore: heard('discard', answers.discardRestore ?? silently),
  });
  const start = workflow === 'restore' ? restoreStart(input) : restorePlanStart(input);
  const handle = await bed.client.workflow.start(workflow, { ...start, args: [input] });
  return { handle, asked, input };
}

describe('a restore', () => {
  it('settles what is meant, fetches, verifies, and only then publishes', async () => {
    const { handle, asked, input } = await begin('restore');
    const report = { outcome: 'complete', result: RESULT };
    expect(await bed.ended(handle, 'restore-complete')).toMatchObject({
      ...{ result: report, memo: { report, host: input.host }, outcome: 'complete', status: 'COMPLETED' },
    });
    expect(asked).toEqual(['prepare', 'fetch', 'verify', 'publish']);
    expect(handle.workflowId).toBe(`testbed/restore/${input.id}`);
  });

  it('that is not what the snapshot holds is not published, and what was fetched is removed', async () => {
    const failure = ApplicationFailure.nonRetryable('names differ', 'VerificationFailed');
    const { handle, asked } = await begin('restore', { verifyRestore: () => Promise.reject(failure) });
    expect(await bed.ended(handle, 'restore-failed')).toMatchObject({
      failure: { type: 'VerificationFailed' },
      memo: { report: { outcome: 'failed', error: { type: 'VerificationFailed' } } },
    });
    expect(asked).toEqual(['prepare', 'fetch', 'verify', 'discard']);
  });

  it('that is cancelled waits for its tool, and removes what was fetched', async () => {
    let fetching: () => void = () => undefined;
    const isFetching = new Promise<void>((resolve) => (fetching = resolve));
    const { handle, asked } = await begin('restore', {
      fetchRestore: async () => {
        const pulse = setInterval(heartbeat, 100);
        fetching();
        await Context.current().cancelled.finally(() => {
          clearInterval(pulse);
        });
      },
    });
    await isFetching;
    await handle.cancel();
    expect(await bed.ended(handle, 'restore-cancelled')).toMatchObject({
      ...{ status: 'CANCELLED', outcome: 'cancelled' },
      memo: { report: { outcome: 'cancelled', result: null } },
    });
    expect(asked).toEqual(['prepare', 'fetch', 'discard']);
  });

  it('of which something cannot be read is partial, and names it', async () => {
    const unrestored = { count: 1, first: [{ path: 'active/thesis/a', message: 'bad' }], report: '/report' };
    const result = { ...RESULT, unrestored };
    const { handle, asked } = await begin('restore', { publishRestore: () => Promise.resolve(result) });
    expect(await bed.ended(handle, 'restore-partial')).toMatchObject({
      result: { outcome: 'partial', result, error: { type: 'FilesUnreadable' } },
      ...{ status: 'COMPLETED', outcome: 'partial' },
    });
    expect(asked).toEqual(['prepare', 'fetch', 'verify', 'publish']);
  });

  it('that fails or is cancelled when it has begun to publish tells what it did', async () => {
    const failure = ApplicationFailure.create({
      ...{ type: 'PathUnsafe', message: 'a link', nonRetryable: true },
      details: [{ hint: 'elsewhere' }],
    });
    const discardRestore = () => Promise.resolve(RESULT);
    const failed = await begin('restore', { publishRestore: () => Promise.reject(failure), discardRestore });
    expect(await bed.ended(failed.handle, 'restore-failed-later')).toMatchObject({
      failure: { type: 'PathUnsafe', details: [{ hint: 'elsewhere', result: RESULT }] },
      memo: { report: { outcome: 'failed', result: RESULT, error: { type: 'PathUnsafe' } } },
    });
    let publishing: () => void = () => undefined;
    const isPublishing = new Promise<void>((resolve) => (publishing = resolve));
    const cancelled = await begin('restore', {
      discardRestore,
      publishRestore: async () => {
        const pulse = setInterval(heartbeat, 100);
        publishing();
        return Context.current().cancelled.finally(() => {
          clearInterval(pulse);
        });
      },
    });
    await isPublishing;
    await cancelled.handle.cancel();
    expect(await bed.ended(cancelled.handle, 'restore-cancelled-later')).toMatchObject({
      ...{ status: 'CANCELLED', outcome: 'cancelled' },
      memo: { report: { outcome: 'cancelled', result: RESULT } },
    });
  });

  it('that cannot be meant has nothing to remove', async () => {
    const failure = ApplicationFailure.nonRetryable('no snapshot', 'SnapshotUnknown');
    const { handle, asked } = await begin('restore', { prepareRestore: () => Promise.reject(failure) });
    expect(await bed.ended(handle, 'restore-refused')).toMatchObject({
      failure: { type: 'SnapshotUnknown' },
    });
    expect(asked).toEqual(['prepare']);
  });
});

it('the look before a restore answers with what would be done', async () => {
  const { handle } = await begin('restorePlan');
  expect(await bed.ended(handle, 'restorePlan-complete')).toMatchObject({
    result: { outcome: 'complete', result: PLAN },
    status: 'COMPLETED',
  });
});
