import { log } from '@temporalio/activity';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createLogger } from '../src/adapters/logging.js';
import { ProcessRecord, READY_EVENT, ownRecord } from '../src/adapters/process-record.js';
import { State, stateRoot } from '../src/adapters/state.js';
import type { FtsError } from '../src/domain/failures.js';
import { ExitCode } from '../src/domain/outcome.js';
import { openableLog } from './log-file.js';
import { installRuntime } from './runtime.js';
import { type ServerConnection, connectToServer } from './server-connection.js';
import { isStopped, stopSignal } from './stop-signal.js';

/** A tool that is interrupted has this long to clean up, and a little more than execa gives it (`forceKillAfterDelay`). */
export const SHUTDOWN_FORCE_TIME = '150 seconds';

/** What a worker is made with. */
export interface WorkerSetting extends ServerConnection {
  state: State;
  logger: Logger;
}

export interface WorkerPlan {
  estate: string;
  taskQueue: string;
  /** Who speaks in the log: `control`, `host-motoko`. */
  component: string;
  createWorker: (setting: WorkerSetting) => Promise<Worker>;
  /** Runs beside the worker until the worker is of use; given up when the signal says so. */
  becomeReady: (setting: WorkerSetting, signal: AbortSignal) => Promise<void>;
  /** Goes on beside the worker until the signal, so that it stays of use. */
  stayReady?: (setting: WorkerSetting, signal: AbortSignal) => Promise<void>;
}

/**
 * The life of a worker process: waits for the server, works until it is told to end, interrupts its activities and
 * waits for their tools. Answers with the exit code.
 */
export async function runWorkerProcess(plan: WorkerPlan): Promise<number> {
  const stop = stopSignal();
  const state = new State(stateRoot(process.env), plan.estate, tellOfDamage);
  const file = await openableLog(state.path('logs', `${plan.taskQueue}.jsonl`));
  const logger = createLogger({ component: plan.component, file });
  process.on('uncaughtExceptionMonitor', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
  });
  installRuntime(logger);
  const record = await keepRecord(state, plan.taskQueue);
  logger.info({ pid: process.pid, taskQueue: plan.taskQueue }, 'worker started');
  try {
    const server = await connectToServer(logger, stop);
    await work(plan, { ...server, state, logger }, stop);
  } catch (error) {
    if (!isStopped(error, stop)) {
      logger.fatal({ err: error }, 'worker failed');
      return ExitCode.unhealthy;
    }
  } finally {
    await record.remove();
  }
  logger.info('worker ended');
  return ExitCode.complete;
}

async function work(plan: WorkerPlan, setting: WorkerSetting, stop: AbortSignal): Promise<void> {
  const { logger } = setting;
  const worker = await plan.createWorker(setting);
  const running = worker.run();
  const shutdown = (): void => {
    logger.info({ signal: stop.reason instanceof Error ? stop.reason.message : '' }, 'worker told to end');
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  if (stop.aborted) shutdown();
  else stop.addEventListener('abort', shutdown, { once: true });
  const ended = new AbortController();
  const ready = announceReadiness(plan, setting, AbortSignal.any([stop, ended.signal]));
  try {
    await running;
  } finally {
    ended.abort();
    await ready;
  }
}

async function announceReadiness(
  plan: WorkerPlan,
  setting: WorkerSetting,
  signal: AbortSignal,
): Promise<void> {
  try {
    await plan.becomeReady(setting, signal);
    setting.logger.info({ event: READY_EVENT, taskQueue: plan.taskQueue }, 'worker is ready');
    await plan.stayReady?.(setting, signal);
  } catch (error) {
    if (!signal.aborted)
      setting.logger.error({ err: error }, 'worker works, but could not be made or kept ready');
  }
}

/** Said in the log of the activity that met it, so that `fts logs` shows it with the run. */
const tellOfDamage = (damage: FtsError): void => {
  log.warn('a damaged record is made anew', { error: damage });
};

/** Tells others on this machine that the queue's worker is here; removed by the process that wrote it. */
async function keepRecord(state: State, taskQueue: string): Promise<{ remove: () => Promise<void> }> {
  const file = `workers/${taskQueue}.json`;
  await state.write(file, await ownRecord());
  const remove = async (): Promise<void> => {
    const current = await state.read(file, ProcessRecord).catch(() => undefined);
    if (current?.pid === process.pid) await state.remove(file);
  };
  return { remove };
}
