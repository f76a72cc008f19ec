import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RebuildActivities } from '../../activities/rebuild.js';
import { rebuildPlanStart, rebuildStart } from '../../src/cli/rebuild-start.js';
import type {
  EndedBatch,
  RebuildInput,
  RebuildPlan,
  RebuildResult,
  RebuildState,
} from '../../src/domain/rebuild-run.js';
import { type WorkflowBed, makeWorkflowBed } from '../support/workflow-bed.js';

const SOURCE = { repository: 'local', snapshotId: '1a2b3c4d', at: '2030-01-01T18:00:00Z' };
const NOTHING = { files: 0, bytes: 0 };
const STATE: RebuildState = { source: SOURCE, resumes: false, parts: { count: 2, done: 0, failed: 0 } };
const RESULT: RebuildResult = {
  ...{ volume: 'flux', source: SOURCE, parts: { count: 2, done: 2, failed: [] } },
  ...{ restored: { files: 2, bytes: 20 }, unchanged: NOTHING, conflicts: { count: 0, first: [] } },
  ...{ verified: { files: 2, bytes: 20 }, report: '/state/reports/rebuild-flux.jsonl' },
};
const PLAN: RebuildPlan = {
  ...{ volume: 'flux', source: SOURCE, resumes: false, restored: NOTHING, unchanged: NOTHING },
  ...{ parts: { count: 2, projects: 1, done: 0, first: [] }, room: null, without: [] },
};

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

let hosts = 0;

interface Answers extends Partial<RebuildActivities> {
  batches?: number;
}

/** Starts a rebuild, or the look before it, on a host that answers so; what the host was asked for. */
async function begin(workflow: 'rebuild' | 'rebuildPlan', { batches = 2, ...answers }: Answers = {}) {
  hosts += 1;
  const host = `rebuilding-${String(hosts)}`;
  const input: RebuildInput = { estate: 'testbed', volume: `flux-${String(hosts)}`, host };
  const asked: string[] = [];
  const ended: EndedBatch[] = [];
  const runs = new Set<string>();
  let next = 0;
  const activities: RebuildActivities = {
    planRebuild: () => Promise.resolve(PLAN),
    prepareRebuild: ({ run }) => {
      asked.push('prepare');
      runs.add(run);
      return Promise.resolve(STATE);
    },
    nextRebuildBatch: (request) => {
      if (request.ended) ended.push(request.ended);
      runs.add(request.run);
      // One that is taken stays so until it has ended, also for the next run of the workflow.
      if (next === 0 || request.ended?.batch === `batch-${String(next)}`) next += 1;
      const parts = { count: batches, done: next - 1, failed: 0 };
      const batch = { source: SOURCE, parts };
      return Promise.resolve(
        next > batches ? batch : { ...batch, batch: `batch-${String(next)}`, name: 'active/x' },
      );
    },
    restoreRebuildBatch: ({ batch }) => {
      asked.push(batch);
      return Promise.resolve();
    },
    finishRebuild: () => {
      asked.push('finish');
      return Promise.resolve(RESULT);
    },
    ...answers,
  };
  await bed.startHost(host, activities);
  const start = workflow === 'rebuild' ? rebuildStart(input) : rebuildPlanStart(input, 'look');
  const handle = await bed.client.workflow.start(workflow, { ...start, args: [input] });
  return { handle, asked, ended, runs, input };
}

describe('a rebuild', () => {
  it('brings back batch after batch, and looks at the end that all is there', async () => {
    const { handle, asked, ended, input } = await begin('rebuild');
    const report = { outcome: 'complete', result: RESULT };
    expect(await bed.ended(handle, 'rebuild-complete')).toMatchObject({
      ...{ result: report, memo: { report, host: input.host }, outcome: 'complete', status: 'COMPLETED' },
    });
    expect(asked).toEqual(['prepare', 'batch-1', 'batch-2', 'finish']);
    expect(ended).toEqual([{ batch: 'batch-1' }, { batch: 'batch-2' }]);
    expect(handle.workflowId).toBe(`testbed/rebuild/${input.volume}`);
  });

  it('goes on after a batch whose failure is its own, and ends as partial', async () => {
    const failure = { type: 'RepositoryDamaged', message: 'a pack is damaged' };
    const failed = [{ path: 'active/x', ...failure }];
    const { handle, ended } = await begin('rebuild', {
      restoreRebuildBatch: ({ batch }) =>
        batch === 'batch-1'
          ? Promise.reject(ApplicationFailure.nonRetryable(failure.message, failure.type))
          : Promise.resolve(),
      finishRebuild: () => Promise.resolve({ ...RESULT, parts: { count: 2, done: 1, failed } }),
    });
    expect(await bed.ended(handle, 'rebuild-partial')).toMatchObject({
      result: {
        outcome: 'partial',
        result: { parts: { done: 1, failed } },
        error: { type: 'PartsMissing', message: expect.stringContaining('active/x') as string },
      },
      status: 'COMPLETED',
    });
    expect(ended).toEqual([{ batch: 'batch-1', failure }, { batch: 'batch-2' }]);
  });

  it('fails if nothing at all came back', async () => {
    const failed = [{ path: 'active/x', type: 'RepositoryDamaged', message: 'a pack is damaged' }];
    const { handle } = await begin('rebuild', {
      finishRebuild: () =>
        Promise.resolve({
          ...{ ...RESULT, verified: { files: 0, bytes: 0 } },
          parts: { count: 1, done: 0, failed },
        }),
    });
    expect(await bed.ended(handle)).toMatchObject({
      status: 'FAILED',
      failure: { type: 'PartsMissing' },
      memo: { report: { outcome: 'failed' } },
    });
  });

  it('is partial if no part is whole, and something came back of them', async () => {
    const failed = [{ path: 'active/x', type: 'FilesUnreadable', message: 'one file cannot be read' }];
    const unrestored = { count: 1, first: [], report: '/state/reports/rebuild-flux-unrestored.jsonl' };
    const { handle } = await begin('rebuild', {
      finishRebuild: () => Promise.resolve({ ...RESULT, parts: { count: 1, done: 0, failed }, unrestored }),
    });
    expect(await bed.ended(handle)).toMatchObject({
      status: 'COMPLETED',
      memo: { report: { outcome: 'partial', error: { type: 'FilesUnreadable' } } },
    });
  });

  it('ends with a failure that is no part of its own', async () => {
    const failure = ApplicationFailure.nonRetryable('the drive is away', 'VolumeUnavailable');
    const { handle, asked } = await begin('rebuild', { restoreRebuildBatch: () => Promise.reject(failure) });
    expect(await bed.ended(handle, 'rebuild-failed')).toMatchObject({
      failure: { type: 'VolumeUnavailable' },
      memo: { report: { outcome: 'failed', error: { type: 'VolumeUnavailable' } } },
    });
    expect(asked).toEqual(['prepare']);
  });

  it('that is cancelled waits for its tool', async () => {
    let restoring: () => void = () => undefined;
    const isRestoring = new Promise<void>((resolve) => (restoring = resolve));
    const { handle, asked } = await begin('rebuild', {
      restoreRebuildBatch: async () => {
        const pulse = setInterval(heartbeat, 100);
        restoring();
        await Context.current().cancelled.finally(() => {
          clearInterval(pulse);
        });
      },
    });
    await isRestoring;
    await handle.cancel();
    expect(await bed.ended(handle, 'rebuild-cancelled')).toMatchObject({
      ...{ status: 'CANCELLED', outcome: 'cancelled' },
      memo: { report: { outcome: 'cancelled', result: null } },
    });
    expect(asked).toEqual(['prepare']);
  });

  it('of very many parts goes on in another run, as the same rebuild', async () => {
    const { handle, asked, runs } = await begin('rebuild', { batches: 55 });
    const first = bed.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId, {
      followRuns: false,
    });
    const latest = bed.client.workflow.getHandle(handle.workflowId);
    expect(await handle.result()).toMatchObject({ outcome: 'complete' });
    await bed.ended(latest, 'rebuild-continued');
    expect((await first.describe()).status.name).toBe('CONTINUED_AS_NEW');
    expect(new Set(asked.filter((name) => name.startsWith('batch'))).size).toBe(55);
    expect(asked.filter((name) => name.startsWith('batch'))).toHaveLength(55);
    expect([...runs]).toEqual([handle.firstExecutionRunId]);
  });
});

it('the look before a rebuild answers with what would be done', async () => {
  const { handle } = await begin('rebuildPlan');
  expect(await bed.ended(handle, 'rebuildPlan-complete')).toMatchObject({
    result: { outcome: 'complete', result: PLAN },
    status: 'COMPLETED',
  });
});
