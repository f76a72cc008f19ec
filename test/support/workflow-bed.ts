import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkflowBundle,
  bundleWorkflowCode,
} from '@temporalio/worker';
import { format } from 'prettier';
import { onTestFinished } from 'vitest';
import { prepareNamespace } from '../../schedules/namespace.js';
import type { JobInput } from '../../src/domain/job.js';
import { jobStart } from '../../src/domain/job-start.js';
import { CONTROL_QUEUE, hostQueue } from '../../src/domain/queues.js';
import { SearchAttribute } from '../../src/domain/search-attributes.js';
import { quietRuntime } from './quiet-runtime.js';
import { makeTemporalServer } from './temporal-server.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Where histories for the replay test lie, one for each shape of a workflow. */
export const HISTORIES = join(ROOT, 'test', 'histories');

const OUTCOME = defineSearchAttributeKey(SearchAttribute.outcome, 'KEYWORD');

/** All workflows, bundled from the sources as they are now. */
export const bundleWorkflows = (): Promise<WorkflowBundle> =>
  bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });

/** How a workflow ended, and what it left for those who look at lists. */
export interface Ended {
  result?: unknown;
  /** What it failed with. */
  failure?: Error | undefined;
  status: string;
  memo: Record<string, unknown> | undefined;
  /** The search attribute for the outcome. */
  outcome: unknown;
  /** Number of events in its history. */
  events: number;
}

/** A real server with a control worker that runs the real workflows. The hosts' workers are the tests' business. */
export async function makeWorkflowBed() {
  quietRuntime();
  const server = await makeTemporalServer();
  const [workflowBundle] = await Promise.all([bundleWorkflows(), server.start()]);
  const { connection } = await server.client();
  await prepareNamespace(connection, 'default');
  const client = new Client({ connection, identity: 'test' }); // no name of this machine gets into a history
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  const startWorker = async (options: {
    taskQueue: string;
    workflowBundle?: WorkflowBundle;
    activities?: object;
  }) => {
    const worker = await Worker.create({
      connection: nativeConnection,
      identity: options.taskQueue,
      maxHeartbeatThrottleInterval: '200 milliseconds',
      defaultHeartbeatThrottleInterval: '200 milliseconds',
      ...options,
    });
    const running = worker.run();
    return async (): Promise<void> => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    };
  };
  const stopControl = await startWorker({ taskQueue: CONTROL_QUEUE, workflowBundle });

  return {
    client,
    /** Starts the worker of a host with these activities; it stops when the test ends, or earlier. */
    startHost: async (host: string, activities: object): Promise<() => Promise<void>> => {
      const stop = await startWorker({ taskQueue: hostQueue(host), activities });
      onTestFinished(stop);
      return stop;
    },
    /** Starts a job's workflow as `fts run` does. */
    start: (input: JobInput, workflow: string = input.kind): Promise<WorkflowHandle> =>
      client.workflow.start(workflow, { ...jobStart(input), args: [input] }),
    /** Waits for the end. `shape` names the history that is kept when histories are recorded anew. */
    ended: (handle: WorkflowHandle, shape?: string): Promise<Ended> => ended(client, handle, shape),
    remove: async (): Promise<void> => {
      await stopControl();
      await nativeConnection.close();
      await server.remove();
    },
  };
}
export type WorkflowBed = Awaited<ReturnType<typeof makeWorkflowBed>>;

/** Input of a job of a host of its own, so that no test meets another's workers or runs. */
export function makeJobInput(more: Partial<JobInput> = {}): JobInput {
  const name = randomUUID().slice(0, 8);
  const declaration = { digest: 'd1', keys: { 'jobs.save': 'k1' } };
  return {
    estate: 'testbed',
    job: `save-${name}`,
    kind: 'snapshot',
    host: `here-${name}`,
    declaration,
    ...more,
  };
}

async function ended(client: Client, handle: WorkflowHandle, shape: string | undefined): Promise<Ended> {
  const end = await handle.result().then(
    (result: unknown) => ({ result }),
    (error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
      return { failure: error.cause };
    },
  );
  const { memo, typedSearchAttributes, status, workflowId } = await handle.describe();
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  if (shape !== undefined && process.env.FTS_RECORD_HISTORIES) await keep(shape, historyToJSON(history));
  return {
    ...end,
    status: status.name,
    memo,
    outcome: typedSearchAttributes.get(OUTCOME),
    events: history.events?.length ?? 0,
  };
}

/** A stack in a history names the sources; where this checkout lies is nobody's business. */
async function keep(shape: string, history: string): Promise<void> {
  await mkdir(HISTORIES, { recursive: true });
  const text = await format(history.replaceAll(`${ROOT}/`, ''), { parser: 'json', printWidth: 110 });
  await writeFile(join(HISTORIES, `${shape}.json`), text);
}
