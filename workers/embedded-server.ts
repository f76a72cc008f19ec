import type { ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createLogger } from '../src/adapters/logging.js';
import { READY_EVENT } from '../src/adapters/process-record.js';
import { startTied } from '../src/adapters/tied-process.js';
import { findTool } from '../src/adapters/tools.js';
import { ExitCode } from '../src/domain/outcome.js';
import { SearchAttribute } from '../src/domain/search-attributes.js';
import { UsageError } from '../src/domain/usage-error.js';
import { runEntry } from './entry.js';
import { openableLog } from './log-file.js';
import { patiently } from './patiently.js';
import { stopSignal } from './stop-signal.js';

const LOOPBACK = '127.0.0.1';
const LOOPBACK_NAMES = new Set([LOOPBACK, 'localhost', '::1']);

/** The server closes its database within this time, else it is killed; its SQLite file survives that. */
const STOP_MS = 10_000;

/** One question about its health waits this long; whoever else holds the port may never answer. */
const ANSWER_MS = 5_000;

/** How much of the server's own log is shown when it fails (lines). */
const SHOWN_LINES = 15;

interface ServerArguments {
  database: string;
  port: string;
  uiPort: string;
  log: string;
}

/** The Temporal server with its Web UI, on this machine and for it alone, its whole history in one file. */
async function main(args: readonly string[]): Promise<number> {
  const settings = serverArguments(args);
  const { port, uiPort, log } = settings;
  refuseOpenBinding(process.env.FTS_BIND);
  const { path } = await findTool('temporal');
  const stop = stopSignal();
  const isStopped = (): boolean => stop.aborted;
  const logger = createLogger({ component: 'temporal-server' });
  const output = await open(await openableLog(log), 'a', 0o600);
  const { size } = await output.stat();
  if (isStopped()) return ExitCode.complete;
  const server = startTied(path, serverCommand(settings), {
    environment: withoutTemporalSettings(process.env),
    stdio: ['ignore', output.fd, output.fd],
    deathSignal: 'KILL', // a successor finds the ports free; SQLite survives it
  });
  const ended = endOf(server);
  await output.close();
  stop.addEventListener('abort', () => {
    void endGently(server, ended);
  });
  const gone = new AbortController();
  const healthy = untilHealthy(uiPort, AbortSignal.any([stop, gone.signal])).then(
    () => {
      const where = { pid: server.pid, port: Number(port), uiPort: Number(uiPort) };
      logger.info({ event: READY_EVENT, ...where }, 'server is ready');
    },
    () => undefined, // it ended, or is told to end, before it was healthy
  );
  const how = await ended;
  gone.abort();
  await healthy;
  if (isStopped()) return ExitCode.complete;
  logger.fatal({ how, log }, `the Temporal server ended by itself\n${await tail(log, size)}`);
  return ExitCode.unhealthy;
}

function serverArguments(args: readonly string[]): ServerArguments {
  const text = { type: 'string' } as const;
  const options = { db: text, port: text, 'ui-port': text, log: text };
  const { db, port, 'ui-port': uiPort, log } = parseArgs({ args: [...args], options }).values;
  if (db === undefined || port === undefined || uiPort === undefined || log === undefined) {
    throw new UsageError('--db FILE, --port PORT, --ui-port PORT and --log FILE are all needed');
  }
  return { database: db, port, uiPort, log };
}

function refuseOpenBinding(address: string | undefined): void {
  if (address === undefined || address === '' || LOOPBACK_NAMES.has(address)) return;
  throw new UsageError(
    `FTS_BIND is ${address}, but the embedded server speaks no TLS: it listens on loopback only`,
    {
      hint: 'unset FTS_BIND; for other machines use the server of docker-compose.yml behind TLS, or Temporal Cloud',
    },
  );
}

function serverCommand({ database, port, uiPort }: ServerArguments): string[] {
  const attributes = Object.values(SearchAttribute).flatMap((name) => [
    '--search-attribute',
    `${name}=Keyword`,
  ]);
  const binding = ['--ip', LOOPBACK, '--port', port, '--ui-port', uiPort];
  return ['server', 'start-dev', '--db-filename', database, ...binding, '--log-level', 'warn', ...attributes];
}

/** The user's own `TEMPORAL_ADDRESS`, profile or key is meant for another server. */
const withoutTemporalSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_')));

/** Asked through the Web UI: healthy means that it, the server and the database answer. */
function untilHealthy(uiPort: string, signal: AbortSignal): Promise<void> {
  const ask = async (): Promise<void> => {
    const impatient = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const url = `http://${LOOPBACK}:${uiPort}/api/v1/namespaces/default`;
    const { ok, status } = await fetch(url, { signal: impatient });
    if (!ok) throw new Error(`the server answers ${String(status)}`);
  };
  return patiently(ask, { signal, onFailure: () => undefined });
}

function endOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    server.once('error', (error) => {
      resolve(error.message);
    });
    server.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
}

async function endGently(server: ChildProcess, ended: Promise<unknown>): Promise<void> {
  server.kill('SIGTERM');
  const impatience = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(impatience);
}

/** The last lines that were written after the byte at `from`. */
async function tail(file: string, from: number): Promise<string> {
  const text = (await readFile(file)).subarray(from).toString();
  return text.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
}

await runEntry(main);
