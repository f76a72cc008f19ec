import { readFile } from 'node:fs/promises';
import { Worker } from '@temporalio/worker';
import { prepareNamespace } from '../schedules/namespace.js';
import { CONTROL_QUEUE } from '../src/domain/queues.js';
import { loadEstate } from '../src/estate/load.js';
import { workerArguments } from './arguments.js';
import { BUNDLE_FILE, buildIdOf } from './bundle.js';
import { becomeCurrent, deploymentOptions, deploymentVersion, keepCurrent } from './deployment.js';
import { runEntry } from './entry.js';
import { patiently } from './patiently.js';
import { SHUTDOWN_FORCE_TIME, type WorkerSetting, runWorkerProcess } from './worker-process.js';

/** Runs kept in memory between their steps. A household has tens; an evicted one is replayed from its history. */
const CACHED_WORKFLOWS = 50;

/** The control worker: every workflow, and no activity. */
async function main(args: readonly string[]): Promise<number> {
  const { estate } = await loadEstate(workerArguments(args).estate);
  const version = deploymentVersion(estate.estate, buildIdOf(await readFile(BUNDLE_FILE)));
  const becomeReady = async (setting: WorkerSetting, signal: AbortSignal): Promise<void> => {
    await becomeCurrent(setting, version, signal);
    await prepare(setting, signal);
  };
  return runWorkerProcess({
    estate: estate.estate,
    taskQueue: CONTROL_QUEUE,
    component: 'control',
    createWorker: ({ connection, namespace }) =>
      Worker.create({
        connection,
        namespace,
        taskQueue: CONTROL_QUEUE,
        workflowBundle: { codePath: BUNDLE_FILE },
        workerDeploymentOptions: deploymentOptions(version),
        maxCachedWorkflows: CACHED_WORKFLOWS,
        shutdownForceTime: SHUTDOWN_FORCE_TIME,
      }),
    becomeReady,
    stayReady: (setting, signal) => keepCurrent(setting, version, () => becomeReady(setting, signal), signal),
  });
}

async function prepare({ connection, namespace, logger }: WorkerSetting, signal: AbortSignal): Promise<void> {
  const { done, refused } = await patiently(() => prepareNamespace(connection, namespace), {
    signal,
    onFailure: (error) => {
      logger.warn({ namespace, err: error }, 'the namespace cannot be prepared yet');
    },
  });
  if (done.length > 0) logger.info({ namespace, done }, 'namespace prepared');
  if (refused.length > 0)
    logger.warn({ namespace, refused }, 'the server does not permit this; set it up there');
}

await runEntry(main);
