import { setTimeout as sleep } from 'node:timers/promises';
import { State, stateRoot } from '../adapters/state.js';
import { isEstateHealthy } from '../domain/health.js';
import { CONTROL_QUEUE, hostQueue } from '../domain/queues.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import type { Estate } from '../estate/schema.js';
import { ServerUnreachable, type Session, askSession } from './connection.js';
import { isOutage } from './grpc-errors.js';
import { type KitStatus, kitStatus } from './kit-status.js';
import { type JobHistory, jobHistories, recordedHistories } from './job-history.js';
import { jobSchedules } from './job-schedules.js';
import { type QueueWorker, queueWorker } from './pollers.js';
import { type RebuildStatus, rebuildStatuses } from './rebuild-status.js';
import { type JobStatus, type JudgedJob, judgeJob, timedJobs } from './status-jobs.js';
import { type InspectedVolume, type VolumeStatus, inspectVolumes } from './status-volumes.js';

/** `fts status --json` (DESIGN, "Contract for programs"). */
interface StatusView {
  estate: string;
  /** RFC 3339. */
  at: string;
  temporal: 'up' | 'down';
  healthy: boolean;
  jobs: JobStatus[];
  volumes: VolumeStatus[];
  workers: QueueWorker[];
  /** Of this machine's volumes, until all is back. */
  rebuilds: RebuildStatus[];
  /** The recovery kit; null where none is to be expected. It leaves the estate healthy. */
  kit: KitStatus | null;
}

/** The answer for programs, and what people are told beside it. */
export interface GatheredStatus {
  view: StatusView;
  /** Of the estate. */
  timezone: string;
  jobs: JudgedJob[];
  volumes: InspectedVolume[];
  /** Why Temporal did not answer. */
  away?: ServerUnreachable | undefined;
}

/** At most so long the programs that look at the volumes are waited for to be started, before Temporal is asked (milliseconds). */
const HEAD_START_MS = 1000;

interface RunFacts {
  temporal: 'up' | 'down';
  jobs: JudgedJob[];
  workers: QueueWorker[];
  rebuilds: RebuildStatus[];
  away?: ServerUnreachable;
}

/** Gathers an estate's status in few round trips; from this machine's records alone when Temporal is away. */
export async function gatherStatus(loaded: LoadedEstate): Promise<GatheredStatus> {
  const { estate } = loaded;
  const state = new State(stateRoot(process.env), estate.estate);
  let beUnderWay = (): void => undefined;
  const underWay = new Promise<void>((resolve) => {
    beUnderWay = resolve;
  });
  const looking = inspectVolumes(loaded, state, beUnderWay);
  await Promise.race([underWay, looking, sleep(HEAD_START_MS, undefined, { ref: false })]);
  const [facts, volumes, kit] = await Promise.all([
    gatherRuns(loaded, state),
    looking,
    kitStatus(loaded, state),
  ]);
  const { temporal, jobs, workers, rebuilds, away } = facts;
  const volumeStatuses = volumes.map(({ status }) => status);
  const view: StatusView = {
    estate: estate.estate,
    at: new Date().toISOString(),
    temporal,
    healthy: temporal === 'up' && isEstateHealthy({ jobs, volumes: volumeStatuses, workers, rebuilds }),
    jobs: jobs.map(({ status }) => status),
    volumes: volumeStatuses,
    workers,
    rebuilds,
    kit,
  };
  return { view, timezone: estate.timezone, jobs, volumes, away };
}

async function gatherRuns(loaded: LoadedEstate, state: State): Promise<RunFacts> {
  try {
    return await askSession((session) => askTemporal(session, loaded, state));
  } catch (error) {
    if (!(error instanceof ServerUnreachable) && !isOutage(error)) throw error;
    const away =
      error instanceof ServerUnreachable ? error : new ServerUnreachable(String(error), 'try again');
    return { ...(await askRecords(loaded, state)), away };
  }
}

async function askTemporal(session: Session, loaded: LoadedEstate, state: State): Promise<RunFacts> {
  const { estate } = loaded;
  const [histories, schedules, workers, rebuilds, timed] = await Promise.all([
    jobHistories(session, state, estate.estate, Object.keys(estate.jobs)),
    jobSchedules(session, estate.estate),
    Promise.all([
      queueWorker(session, state, CONTROL_QUEUE, 'workflows'),
      ...neededHosts(estate).map((host) => queueWorker(session, state, hostQueue(host), 'activities')),
    ]),
    rebuildStatuses(state, estate, session),
    session.connection.ensureConnected().then(() => timedJobs(estate)), // while Temporal looks up the rest
  ]);
  const waitingOf = async (name: string): Promise<string | undefined> => {
    if (!historyOf(histories, name).running) return undefined;
    const { stepsOfRun, waitingReason } = await import('./status-waiting.js');
    const needed = new Set([CONTROL_QUEUE, hostQueue(jobHost(estate, name))]);
    const steps = await stepsOfRun(session, estate.estate, name);
    return waitingReason(
      steps,
      workers.filter(({ queue }) => needed.has(queue)),
    );
  };
  const jobs = timed.map(async (job) =>
    judgeJob(loaded, job, historyOf(histories, job.name), {
      state,
      live: { schedules, waiting: await waitingOf(job.name) },
    }),
  );
  return { temporal: 'up', jobs: await Promise.all(jobs), workers, rebuilds };
}

async function askRecords(loaded: LoadedEstate, state: State): Promise<RunFacts> {
  const { estate } = loaded;
  const histories = await recordedHistories(state, Object.keys(estate.jobs));
  const jobs = timedJobs(estate).map((job) =>
    judgeJob(loaded, job, historyOf(histories, job.name), { state, live: undefined }),
  );
  const queues = [CONTROL_QUEUE, ...neededHosts(estate).map(hostQueue)];
  const workers = queues.map((queue): QueueWorker => ({ queue, state: 'down', lastSeen: null }));
  const rebuilds = await rebuildStatuses(state, estate, undefined);
  return { temporal: 'down', jobs: await Promise.all(jobs), workers, rebuilds };
}

/** Hosts whose workers have something to do. */
function neededHosts(estate: Estate): string[] {
  return [...new Set(Object.keys(estate.jobs).map((job) => jobHost(estate, job)))];
}

const historyOf = (histories: ReadonlyMap<string, JobHistory>, job: string): JobHistory =>
  histories.get(job) ?? { running: false };
