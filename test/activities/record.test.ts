import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordRunInput } from '../../activities/record.js';
import type { JobRecord } from '../../src/domain/job-record.js';
import { mockActivity } from '../support/mock-activity.js';
import { type ResticEstate, makeResticEstate } from '../support/restic-estate.js';

const FILE = 'jobs/save.json';

let estate: ResticEstate;
beforeEach(async () => {
  estate = await makeResticEstate();
});
afterEach(() => estate.remove());

/** Records the end of a run of that id. */
const record = (runId: string, ended: Partial<RecordRunInput> = {}): Promise<void> => {
  const workflowExecution = { workflowId: 'testbed/save', runId };
  const input = {
    job: 'save',
    startedAt: '2026-03-01T12:00:00.000Z',
    outcome: 'complete',
    result: { snapshotId: runId },
    ...ended,
  } as const;
  return mockActivity({ workflowExecution }).run(estate.activities.recordRun, input);
};

const recorded = async (): Promise<JobRecord> =>
  JSON.parse(await readFile(estate.state.path(FILE), 'utf8')) as JobRecord;

const damage = async (text: string): Promise<void> => {
  await mkdir(dirname(estate.state.path(FILE)), { recursive: true });
  await writeFile(estate.state.path(FILE), text);
};

describe('the record of a job', () => {
  it('says which run ended how, with what, and when', async () => {
    await record('r1');
    const run = {
      workflowId: 'testbed/save',
      runId: 'r1',
      outcome: 'complete',
      startedAt: '2026-03-01T12:00:00.000Z',
      endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      result: { snapshotId: 'r1' },
    };
    expect(await recorded()).toMatchObject({ job: 'save', kind: 'snapshot', last: run, lastSuccess: run });
  });

  it.each(['partial', 'failed', 'cancelled', 'held'] as const)(
    'keeps the last success when a run ends as %s',
    async (outcome) => {
      await record('good');
      const error = { type: 'ToolFailed', message: 'no', hint: 'look' };
      await record('bad', { outcome, result: null, error });
      await record('worse', { outcome, result: null });
      expect(await recorded()).toMatchObject({
        lastSuccess: { runId: 'good' },
        last: { runId: 'worse', outcome },
      });
      await record('again');
      expect(await recorded()).toMatchObject({ lastSuccess: { runId: 'again' }, last: { runId: 'again' } });
    },
  );

  it('says what the host knows of the run, whatever else the input holds', async () => {
    const forged = { workflowId: 'testbed/other', runId: 'forged', endedAt: '2099-01-01T00:00:00.000Z' };
    await record('r1', forged as Partial<RecordRunInput>);
    const { last } = await recorded();
    expect(last).toMatchObject({ workflowId: 'testbed/save', runId: 'r1' });
    expect(Date.parse(last.endedAt)).toBeLessThanOrEqual(Date.now());
  });

  it('has no success before there was one', async () => {
    await record('bad', { outcome: 'partial', error: { type: 'FilesUnreadable', message: 'some' } });
    expect(await recorded()).not.toHaveProperty('lastSuccess');
    expect(await recorded()).toMatchObject({ last: { error: { type: 'FilesUnreadable' } } });
  });
});

describe('a damaged record', () => {
  it.each(['', '{"job":"save"}', '[]'])(
    '(%j) is replaced by a complete run, which needs nothing of it',
    async (text) => {
      await damage(text);
      await record('r1');
      expect(await recorded()).toMatchObject({ lastSuccess: { runId: 'r1' } });
    },
  );

  it('is left alone by any other run, which would lose the last success with it', async () => {
    await damage('{"job":');
    await expect(record('bad', { outcome: 'failed', result: null })).rejects.toMatchObject({
      type: 'StateCorrupt',
      nonRetryable: true,
      message: expect.stringContaining(estate.state.path(FILE)) as string,
    });
    expect(await readFile(estate.state.path(FILE), 'utf8')).toBe('{"job":');
  });
});

describe('a job that the host does not declare', () => {
  it.each(['nope', '../../escape', '/etc/passwd', '__proto__', 'constructor', ''])(
    '(%j) leaves no record',
    async (job) => {
      await expect(record('r1', { job })).rejects.toMatchObject({ type: 'UnknownJob', nonRetryable: true });
      await expect(readdir(estate.state.path('jobs'))).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
