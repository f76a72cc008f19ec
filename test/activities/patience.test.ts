import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CancelledFailure, Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextDueOf, patiently } from '../../activities/patience.js';
import { FtsError } from '../../src/domain/failures.js';
import type { Progress } from '../../src/domain/progress.js';
import { mockActivity } from '../support/mock-activity.js';
import { makeScheduleEstate } from '../support/schedule-estate.js';
import { quietRuntime } from '../support/quiet-runtime.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';

const MINUTE = 60_000;

/** Fails with that in an attempt that comes after such a streak; gives the failure and the last heartbeat. */
async function failing(error: unknown, { trouble, dueIn }: { trouble?: unknown; dueIn?: number } = {}) {
  const environment = mockActivity({
    heartbeatDetails: trouble === undefined ? undefined : { phase: 'backup', trouble },
  });
  let beat: Progress | undefined;
  environment.on('heartbeat', (details: Progress) => (beat = details));
  const dueAfter = dueIn === undefined ? undefined : () => Promise.resolve(Date.now() + dueIn);
  const work = () => patiently('backup', dueAfter, () => Promise.reject(error as Error));
  const failure: unknown = await environment.run(work).catch((caught: unknown) => caught);
  return { failure, beat };
}

/** A streak that began that long ago (milliseconds), its latest failure a second ago. */
const streak = (lasting: number, failures: number) => ({
  since: Date.now() - lasting,
  latest: Date.now() - 1000,
  failures,
});

const locked = new FtsError('RepositoryLocked', 'locked by another host', 'wait');

describe('a failure that waiting cannot cure', () => {
  it('is final at once, with its type and hint', async () => {
    const { failure } = await failing(
      new FtsError('WrongPassword', 'it does not open', 'look at the secret'),
    );
    expect(failure).toMatchObject({
      type: 'WrongPassword',
      message: 'it does not open',
      nonRetryable: true,
      details: [{ hint: 'look at the secret' }],
    });
  });

  it.each([
    ['ENOSPC', 'DestinationFull'],
    ['EDQUOT', 'DestinationFull'],
    ['EACCES', 'PermissionDenied'],
    ['EROFS', 'PermissionDenied'],
  ])('is what the system means by %s', async (code, type) => {
    const { failure } = await failing(Object.assign(new Error(`${code}: sorry, open '/state'`), { code }));
    expect(failure).toMatchObject({
      type,
      nonRetryable: true,
      message: expect.stringContaining('/state') as string,
    });
  });
});

describe('a failure that may heal', () => {
  it('is tried again, and says meanwhile what is waited for', async () => {
    const { failure, beat } = await failing(locked);
    expect(failure).toMatchObject({
      type: 'RepositoryLocked',
      nonRetryable: false,
      details: [{ hint: 'wait' }],
    });
    expect(beat).toMatchObject({
      phase: 'backup',
      waiting: 'locked by another host',
      trouble: { failures: 1 },
    });
  });

  it('goes on with the streak of the attempt before', async () => {
    const trouble = streak(10 * MINUTE, 3);
    const { failure, beat } = await failing(locked, { trouble });
    expect(failure).toMatchObject({ nonRetryable: false });
    expect(beat?.trouble).toMatchObject({ since: trouble.since, failures: 4 });
  });

  it.each([
    ['an hour', {}, true],
    ['an hour, with the next due time still to come', { dueIn: 5 * MINUTE }, false],
    ['an hour, with the next due time past', { dueIn: -5 * MINUTE }, true],
  ])('is final or not after %s', async (_, due, final) => {
    const { failure } = await failing(locked, { trouble: streak(61 * MINUTE, 3), ...due });
    expect(failure).toMatchObject({ type: 'RepositoryLocked', nonRetryable: final });
  });

  it.each(['nonsense', { since: 'yesterday' }, null])(
    'begins anew after a heartbeat that is none of ours (%j)',
    async (trouble) => {
      expect((await failing(locked, { trouble })).beat?.trouble).toMatchObject({ failures: 1 });
    },
  );
});

describe('a failure that nobody foresaw', () => {
  it('is tried five times, like an unknown one of a tool', async () => {
    const error = new TypeError('undefined is not a function');
    expect((await failing(error)).failure).toMatchObject({
      type: 'ToolFailed',
      message: error.message,
      nonRetryable: false,
    });
    expect((await failing(error, { trouble: streak(MINUTE, 4) })).failure).toMatchObject({
      nonRetryable: true,
    });
  });
});

describe('the work', () => {
  it('gives its result, and what it reports is heartbeated while it goes on', async () => {
    const environment = mockActivity();
    const beats: Progress[] = [];
    environment.on('heartbeat', (details: Progress) => beats.push(details));
    const result = await environment.run(() =>
      patiently('backup', undefined, async (report) => {
        report({ phase: 'backup', bytes: 7 });
        await once(environment, 'heartbeat');
        return 'done';
      }),
    );
    expect(result).toBe('done');
    expect(beats).toEqual([{ phase: 'backup' }, { phase: 'backup', bytes: 7 }]);
  });

  it.each([
    ['passes the cancellation on', (signal: AbortSignal) => signal.reason as Error],
    ['takes it as Node does', () => new DOMException('This operation was aborted', 'AbortError')],
    ['fails on its account', () => new FtsError('ToolFailed', 'interrupted')],
  ])('hears that it is cancelled, and has been cancelled when it %s', async (_, errorOf) => {
    const environment = mockActivity();
    const running = environment.run(() =>
      patiently('backup', undefined, async (_report, signal) => {
        await once(signal, 'abort');
        throw errorOf(signal);
      }),
    );
    environment.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('the next due time of a job', () => {
  it('comes from the host’s own estate, as it is now', async () => {
    const estate = await makeScheduleEstate('testbed');
    try {
      let loaded = await estate.declare({ hourly: { cron: '0 * * * *' }, sometimes: {} });
      const due = (job: string) =>
        nextDueOf(() => Promise.resolve(loaded), job)(Date.parse('2026-03-01T12:34:00Z'));
      expect(await due('hourly')).toBe(Date.parse('2026-03-01T13:00:00Z'));
      for (const job of ['sometimes', 'nope', '__proto__']) expect(await due(job)).toBeUndefined();
      loaded = await estate.declare({ hourly: { cron: '30 * * * *' } });
      expect(await due('hourly')).toBe(Date.parse('2026-03-01T13:30:00Z'));
    } finally {
      await estate.remove();
    }
  });
});

describe('on a real server', () => {
  const taskQueue = 'host-here';
  let server: TemporalServer;
  let connection: NativeConnection | undefined;
  let runTrying: (attempt: () => Promise<void>) => Promise<unknown>;

  beforeAll(async () => {
    quietRuntime();
    server = await makeTemporalServer();
    const workflowsPath = fileURLToPath(new URL('../support/trying-workflow.ts', import.meta.url));
    const [workflowBundle] = await Promise.all([
      bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') }),
      server.start(),
    ]);
    const connected = await NativeConnection.connect({ address: server.address });
    connection = connected;
    const client = await server.client();
    runTrying = async (attempt) => {
      const options = { connection: connected, taskQueue, workflowBundle };
      const worker = await Worker.create({ ...options, activities: { attempt } });
      return worker.runUntil(
        client.workflow
          .execute('trying', { taskQueue, workflowId: 'trying', args: [taskQueue] })
          .catch((error: unknown) => {
            if (!(error instanceof WorkflowFailedError)) throw error;
            return error.cause?.cause;
          }),
      );
    };
  });
  afterAll(async () => {
    await connection?.close();
    await server.remove();
  });

  it('the streak is carried from attempt to attempt, and its end ends the run', async () => {
    let attempts = 0;
    const failure = await runTrying(() =>
      patiently('backup', undefined, () => {
        attempts += 1;
        return Promise.reject(new FtsError('ToolFailed', 'exit code 1'));
      }),
    );
    expect(failure).toMatchObject({ type: 'ToolFailed', nonRetryable: true });
    expect(attempts).toBe(5);
  });

  it('what heals is tried as often as it takes', async () => {
    await runTrying(() =>
      patiently('backup', undefined, () =>
        Context.current().info.attempt < 8 ? Promise.reject(locked) : Promise.resolve(),
      ),
    );
  });
});
