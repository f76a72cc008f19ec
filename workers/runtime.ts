import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { outageFilter } from './outage-log.js';

/** What the SDK says about its own insides in every line, and nobody reads. */
const NOISE = new Set(['taskToken', 'namespace', 'taskQueue', 'isLocal', 'activityId', 'sdkComponent']);

/** The SDK's names for what our lines call otherwise. */
const RENAMED: Record<string, string> = {
  workflowRunId: 'runId',
  workflowType: 'workflow',
  activityType: 'activity',
  error: 'err',
};

/**
 * Sends every line of the SDK, of its native core, of workflows and of activities to the process's logger, in its
 * shape. Signals are left to `stop-signal.ts`. Once a process.
 */
export function installRuntime(logger: Logger): void {
  const isRepeated = outageFilter();
  Runtime.install({
    logger: new DefaultLogger('INFO', (entry) => {
      if (!EXPECTED.test(entry.message) && !isRepeated(entry.message)) write(logger, entry);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}

/** Warnings about what each of our workers is made to be: one has workflows only, the other activities only. */
const EXPECTED = /^No (workflows|activities|Nexus services) registered/;

function write(logger: Logger, { level, message, meta }: LogEntry): void {
  const method = ({ TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const)[
    level
  ];
  logger[method](logFields(meta ?? {}), message);
}

/** The SDK's fields in our names, without the noise. */
function logFields(meta: Record<string | symbol, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta)
      .filter(([name, value]) => !NOISE.has(name) && value !== undefined)
      .map(([name, value]) => [RENAMED[name] ?? name, value]),
  );
}
