import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TakenSnapshot } from '../../activities/restic.js';
import type { SnapshotResult } from '../../src/domain/job.js';
import { SNAPSHOT_ID, TAKEN, makeFakeHost } from '../support/fake-host.js';
import { type WorkflowBed, makeJobInput, makeWorkflowBed } from '../support/workflow-bed.js';

const UNREADABLE = {
  count: 2,
  first: [
    { path: '/flux/a', message: 'permission denied' },
    { path: '/flux/b\\x0a', encoded: true as const, message: 'permission denied' },
  ],
  report: '/state/reports/save.jsonl',
};

const { repository: _, ...COUNTS } = TAKEN;

/** The most events that a run's history may have. */
const MOST_EVENTS = 60;

let bed: WorkflowBed;
beforeAll(async () => {
  bed = await makeWorkflowBed();
});
afterAll(() => bed.remove());

/** Answers one after the other, the last one for good. */
const answers = (...list: TakenSnapshot[]) => {
  return (): Promise<TakenSnapshot> =>
    Promise.resolve((list.length > 1 ? list.shift() : list[0]) ?? { repository: 'absent' });
};

describe('a snapshot', () => {
  it('is taken, followed by forgetting, and recorded', async () => {
    const input = makeJobInput();
    const host = makeFakeHost();
    await bed.startHost(input.host, host.activities);

    const ended = await bed.ended(await bed.start(input), 'snapshot-complete');

    const result: SnapshotResult = { ...COUNTS, forgotten: 2 };
    expect(ended.result).toEqual({ outcome: 'complete', result });
    expect(host.calls).toEqual(['takeSnapshot', 'forgetSnapshots', 'recordRun']);
    expect(host.recorded).toEqual([
      {
        job: input.job,
        outcome: 'complete',
        result,
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    ]);
    expect(ended.events).toBeLessThanOrEqual(MOST_EVENTS);
  });

  it('prunes the repository when forgetting says that it is due', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ forgetSnapshots: () => Promise.resolve({ forgotten: 2, pruneDue: true }) });
    await bed.startHost(input.host, host.activities);

    const ended = await bed.ended(await bed.start(input), 'snapshot-pruned');

    expect(ended.result).toEqual({
      outcome: 'complete',
      result: { ...COUNTS, forgotten: 2, pruned: 'done' } satisfies SnapshotResult,
    });
    expect(host.calls.slice(-2)).toEqual(['pruneRepository', 'recordRun']);
  });

  it('asks the host by names and declaration only', async () => {
    const input = makeJobInput({ force: true });
    const host = makeFakeHost();
    await bed.startHost(input.host, host.activities);
    await bed.ended(await bed.start(input));
    const { estate, job, declaration } = input;
    const request = { estate, job, declaration, force: true };
    expect(host.inputs).toMatchObject({
      takeSnapshot: [request],
      forgetSnapshots: [{ ...request, snapshotId: SNAPSHOT_ID }],
    });
  });

  it('makes a repository that was never there, and takes the snapshot then', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ takeSnapshot: answers({ repository: 'absent' }, TAKEN) });
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input), 'snapshot-first');
    expect(ended.result).toMatchObject({ outcome: 'complete' });
    expect(host.calls).toEqual([
      ...['takeSnapshot', 'createRepository', 'takeSnapshot', 'forgetSnapshots', 'recordRun'],
    ]);
    expect(ended.events).toBeLessThanOrEqual(MOST_EVENTS);
  });

  it('fails, and does not hang, when the repository is gone right after it was made', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ takeSnapshot: answers({ repository: 'absent' }) });
    await bed.startHost(input.host, host.activities);
    const { failure, outcome } = await bed.ended(await bed.start(input));
    expect(failure).toMatchObject({ type: 'RepositoryMissing' });
    expect(outcome).toBe('failed');
    expect(host.calls.filter((call) => call === 'createRepository')).toHaveLength(1);
  });

  it('that misses files is marked, forgets nothing, and says where they are listed', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({ takeSnapshot: answers({ ...TAKEN, unreadable: UNREADABLE }) });
    await bed.startHost(input.host, host.activities);

    const ended = await bed.ended(await bed.start(input), 'snapshot-partial');

    const marked = 'b2'.repeat(32);
    expect(ended.result).toEqual({
      outcome: 'partial',
      result: { ...COUNTS, snapshotId: marked, forgotten: 0, unreadable: UNREADABLE },
      error: {
        type: 'FilesUnreadable',
        message: `2 files could not be read; snapshot ${marked.slice(0, 8)} has the rest`,
        hint: `they are listed in ${UNREADABLE.report} on host ${input.host}`,
      },
    });
    expect(host.calls).toEqual(['takeSnapshot', 'markPartial', 'recordRun']);
    expect(host.recorded).toMatchObject([{ outcome: 'partial', error: { type: 'FilesUnreadable' } }]);
    expect(ended.status).toBe('COMPLETED');
  });

  it('that misses one file says so in good English', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: answers({ ...TAKEN, unreadable: { ...UNREADABLE, count: 1 } }),
    });
    await bed.startHost(input.host, host.activities);
    const { result } = await bed.ended(await bed.start(input));
    expect(result).toMatchObject({ error: { message: expect.stringMatching(/^1 file could/) as string } });
  });

  it('of a job that the estate pauses is not tried, and nobody takes it for a run', async () => {
    const input = makeJobInput();
    const host = makeFakeHost({
      takeSnapshot: answers({ repository: 'unasked', reason: 'the estate pauses job save' }),
    });
    await bed.startHost(input.host, host.activities);
    const ended = await bed.ended(await bed.start(input), 'snapshot-skipped');
    const report = {
      outcome: 'skipped',
      result: null,
      error: {
        type: 'JobPaused',
        message: 'the estate pauses job save',
        hint: `run it all the same with \`fts run ${input.job} --force\``,
      },
    };
    expect(ended).toMatchObject({ result: report, memo: { report }, outcome: 'skipped' });
    expect(host.calls).toEqual(['takeSnapshot']);
  });

  it('waits for a host that is not there yet', async () => {
    const input = makeJobInput();
    const handle = await bed.start(input);
    const host = makeFakeHost();
    await bed.startHost(input.host, host.activities);
    expect((await bed.ended(handle)).result).toMatchObject({ outcome: 'complete' });
  });

  it('shows a person what each step is', async () => {
    const input = makeJobInput();
    const host = makeFakeHost();
    await bed.startHost(input.host, host.activities);
    const handle = await bed.start(input);
    await bed.ended(handle);
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(
      ({ activityTaskScheduledEventAttributes: scheduled, userMetadata }) =>
        scheduled ? [Buffer.from(userMetadata?.summary?.data ?? []).toString()] : [],
    );
    expect(summaries).toEqual(['"restic backup"', '"restic forget"', '"record"']);
  });
});
