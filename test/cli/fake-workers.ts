import { fileURLToPath } from 'node:url';
import { ApplicationFailure, Context, heartbeat } from '@temporalio/activity';
import { NativeConnection, Runtime, DefaultLogger, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { RunReport } from '../../src/domain/job.js';
import { CONTROL_QUEUE, hostQueue } from '../../src/domain/queues.js';

export const RESULT = {
  snapshotId: 'abc123',
  files: { new: 3, changed: 1, unmodified: 5 },
  bytesAdded: 2048,
  bytesProcessed: 4096,
  forgotten: 0,
};

export const HOLD = {
  reason: '25 files would be deleted, and 10 are allowed',
  planHash: 'p1',
  approveWith: 'fts approve held --estate /box.yaml',
  expiresAt: '2999-01-01T00:00:00.000Z',
};

/** What the activities of the fake host wait for. */
export class Gate {
  #open: () => void = () => undefined;
  opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }

  close(): void {
    this.opened = new Promise<void>((resolve) => {
      this.#open = resolve;
    });
  }
}

export const createFakeActivities = (gate: Gate) => ({
  /** Ends as the job's name says; `slow` works, heartbeating, until the gate opens or the run is cancelled. */
  async workOnJob(job: string): Promise<RunReport> {
    const { attempt } = Context.current().info;
    switch (job) {
      case 'partial': {
        const unreadable = {
          count: 1,
          first: [{ path: 'a\\x0ab', encoded: true, message: 'permission denied' }],
          report: '/r',
        };
        const error = { type: 'FilesUnreadable', message: '1 file could not be read' };
        return { outcome: 'partial', result: { ...RESULT, unreadable }, error };
      }
      case 'held':
        return { outcome: 'held', result: { deleted: { files: 0, bytes: 0 }, hold: HOLD } };
      case 'skipping':
        return {
          outcome: 'skipped',
          result: null,
          error: { type: 'JobPaused', message: 'the estate pauses it' },
        };
      case 'broken': {
        const details = [{ hint: 'look twice' }];
        throw ApplicationFailure.create({
          type: 'WrongPassword',
          message: 'no such key',
          nonRetryable: true,
          details,
        });
      }
      case 'shaky':
        if (attempt < 3) throw ApplicationFailure.retryable('the door is shut', 'RepositoryUnreachable');
        return { outcome: 'complete', result: RESULT };
      case 'stuck':
        throw ApplicationFailure.retryable('the door is shut', 'RepositoryUnreachable');
      case 'slow':
        return workUntilOpen(gate);
      default:
        return { outcome: 'complete', result: RESULT };
    }
  },
});

export type FakeActivities = ReturnType<typeof createFakeActivities>;

async function workUntilOpen(gate: Gate): Promise<RunReport> {
  const { cancelled } = Context.current();
  const pulse = setInterval(() => {
    heartbeat({
      phase: 'backup',
      bytes: 512,
      totalBytes: 1024,
      files: 7,
      bytesPerSecond: 256,
      etaSeconds: 2,
    });
  }, 200);
  try {
    await Promise.race([gate.opened, cancelled]);
    return { outcome: 'complete', result: RESULT };
  } finally {
    clearInterval(pulse);
  }
}

/** Workers on the real queues; each can be stopped on its own. */
export interface FakeWorkers {
  gate: Gate;
  stop: () => Promise<void>;
}

let bundle: ReturnType<typeof bundleWorkflowCode> | undefined;

/** Starts a fake control worker and the fake worker of host `elsewhere`. */
export async function startFakeWorkers(address: string, { control = true } = {}): Promise<FakeWorkers> {
  quiet();
  const gate = new Gate();
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('fake-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const workflowBundle = await bundle;
  const connection = await NativeConnection.connect({ address });
  const workers = [
    await Worker.create({
      connection,
      taskQueue: hostQueue('elsewhere'),
      activities: createFakeActivities(gate),
      maxHeartbeatThrottleInterval: '300 milliseconds',
      defaultHeartbeatThrottleInterval: '300 milliseconds',
    }),
    ...(control ? [await Worker.create({ connection, taskQueue: CONTROL_QUEUE, workflowBundle })] : []),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    gate,
    async stop() {
      gate.open();
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
    },
  };
}

let installed = false;

function quiet(): void {
  if (!installed)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
    });
  installed = true;
}
