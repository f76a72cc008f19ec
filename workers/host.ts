import { hostname } from 'node:os';
import { Worker } from '@temporalio/worker';
import { createHostActivities } from './host-activities.js';
import { isThisHost, thisHost } from '../src/adapters/host-identity.js';
import { hostQueue } from '../src/domain/queues.js';
import { UsageError } from '../src/domain/usage-error.js';
import { type LoadedEstate, loadEstate } from '../src/estate/load.js';
import { createEstateSource } from '../src/estate/source.js';
import { nearest } from '../src/estate/suggest.js';
import { type WorkerArguments, workerArguments } from './arguments.js';
import { runEntry } from './entry.js';
import { tidyWhenIdle } from './idle-memory.js';
import { untilPolling, workerIdentity } from './polling.js';
import { keepRemovingExpired } from './record-expiry.js';
import { SHUTDOWN_FORCE_TIME, runWorkerProcess } from './worker-process.js';

/** Jobs of one host at a time; most of them wait for the same disks. */
const CONCURRENT_ACTIVITIES = 20;

/** Progress reaches the server, and a cancellation the tool, within this time; the SDK's own is up to 60 seconds. */
const HEARTBEAT_THROTTLE = '2 seconds';

/** The host worker: the one process that touches this machine's disks. Activities only. */
async function main(argv: readonly string[]): Promise<number> {
  const args = workerArguments(argv);
  const loaded = await loadEstate(args.estate);
  const host = admittedHost(loaded, args);
  const taskQueue = hostQueue(host);
  const tidying = tidyWhenIdle();
  return runWorkerProcess({
    estate: loaded.estate.estate,
    taskQueue,
    component: taskQueue,
    createWorker: async ({ connection, namespace, state, logger }) =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        identity: workerIdentity(),
        activities: createHostActivities({
          host,
          state,
          estates: await createEstateSource(loaded.file, (error) => {
            logger.error(
              { err: error },
              'the changed estate file does not load; the one before stays in force',
            );
          }),
        }),
        interceptors: { activity: [() => ({ inbound: tidying })] },
        maxConcurrentActivityTaskExecutions: CONCURRENT_ACTIVITIES,
        maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
        defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
        shutdownGraceTime: 0,
        shutdownForceTime: SHUTDOWN_FORCE_TIME,
      }),
    becomeReady: (setting, signal) => untilPolling(setting, taskQueue, signal),
    stayReady: (setting, signal) => keepRemovingExpired(setting, loaded.file, signal),
  });
}

/** The host this worker speaks for. Taking another machine's name would touch the wrong disks, so it must be asked for. */
function admittedHost({ estate, file }: LoadedEstate, { host, asHost }: WorkerArguments): string {
  if (host === undefined) throw new UsageError('--host NAME is missing');
  if (!Object.hasOwn(estate.hosts, host)) {
    const suggestion = nearest(host, Object.keys(estate.hosts));
    throw new UsageError(`${file} declares no host ${host}`, suggestion === undefined ? {} : { suggestion });
  }
  if (asHost || isThisHost(estate, host)) return host;
  const known = thisHost(estate);
  throw new UsageError(
    `this machine is ${known ?? `${hostname()}, which the estate does not declare`}, not ${host}`,
    {
      hint:
        known === undefined
          ? `set \`hostname: ${hostname()}\` at the host that it is, or pass --as-host`
          : `use --host ${known}, or pass --as-host to work as ${host} on this machine`,
    },
  );
}

await runEntry(main);
