import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { prepareNamespace } from '../../schedules/namespace.js';
import { isPortFree, portHolder } from '../../src/adapters/port-holder.js';
import { startTied } from '../../src/adapters/tied-process.js';
import { until } from './until.js';

/** A real development server on ports and in a database of its own, which survives its being killed. */
export interface TemporalServer {
  /** Whoever asks before the first start keeps it from taking another port. */
  readonly address: string;
  readonly port: number;
  /** Of the server that was started last. */
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** SIGKILL: nothing is written down any more. */
  kill(): Promise<void>;
  /** Kills it, and nothing that it knew is there at its next start. */
  loseDatabase(): Promise<void>;
  /** A client of its own; closed by `remove`. */
  client(): Promise<Client>;
  remove(): Promise<void>;
}

/** `place`: an existing folder for its database, which stays. */
export async function makeTemporalServer(place?: string): Promise<TemporalServer> {
  const folder = place ?? (await mkdtemp(join(tmpdir(), 'fts-temporal-')));
  const connections: Connection[] = [];
  let port = await freePort();
  let isKnown = false;
  let server: ChildProcess | undefined;
  const address = (): string => `127.0.0.1:${String(port)}`;
  const kill = async (): Promise<void> => {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  return {
    get address() {
      isKnown = true;
      return address();
    },
    get port() {
      isKnown = true;
      return port;
    },
    get pid() {
      return server?.pid;
    },
    kill,
    loseDatabase: async () => {
      await kill();
      for (const file of await readdir(folder)) await rm(join(folder, file));
    },
    start: async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          server = await startServer(folder, port);
          isKnown = true;
          return;
        } catch (error) {
          if (attempt === START_ATTEMPTS) throw error;
          if (!isKnown) port = await freePort();
        }
      }
    },
    client: async () => {
      const connection = await Connection.connect({ address: address() });
      connections.push(connection);
      return new Client({ connection });
    },
    remove: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await kill();
      if (place === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Between choosing a port and binding it, another test may take it. */
const START_ATTEMPTS = 3;

/** Less than vitest has for a hook, so that it says what was wrong (milliseconds). */
const START_PATIENCE_MS = 100_000;

/** One attempt to connect (milliseconds): who bundles workflows beside it does not get to it for seconds. */
const CONNECT_MS = 5000;

/** Resolves when it answers on that port. Fails with what it said if it ended, or somebody else answers there. */
async function startServer(folder: string, port: number): Promise<ChildProcess> {
  const address = `127.0.0.1:${String(port)}`;
  const log = join(folder, 'temporal.log');
  const output = await open(log, 'w');
  const place = ['--db-filename', join(folder, 'temporal.db'), '--ip', '127.0.0.1', '--port', String(port)];
  const server = startTied('temporal', ['server', 'start-dev', '--headless', ...place], {
    stdio: ['ignore', output.fd, output.fd],
    deathSignal: 'KILL',
  });
  await output.close();
  const gaveUp = new AbortController();
  const ended = once(server, 'exit').then(([code, signal]) => {
    throw new Error(`it ended with ${String(code ?? signal)}`);
  });
  try {
    await Promise.race([ended, answers(address, gaveUp.signal)]);
    const holder = await portHolder(port);
    if (holder !== undefined && holder.pid !== server.pid)
      throw new Error(`the port is that of ${holder.command} (${String(holder.pid)})`);
    ended.catch(() => undefined); // from now on it may be killed
    return server;
  } catch (error) {
    server.kill('SIGKILL');
    const said = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
    throw new Error(`the Temporal server at ${address} does not start: ${said}`, { cause: error });
  } finally {
    gaveUp.abort();
  }
}

const answers = (address: string, gaveUp: AbortSignal): Promise<boolean> =>
  until(async () => {
    if (gaveUp.aborted) return true; // nobody waits any more
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_MS });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
    } finally {
      await connection.close();
    }
    return true;
  }, START_PATIENCE_MS);

/** A running server whose namespace is set up as a control worker does it. */
export async function startPreparedServer(): Promise<TemporalServer> {
  const server = await makeTemporalServer();
  await server.start();
  await prepareNamespace((await server.client()).connection, 'default');
  return server;
}

/** Systems give outgoing connections ports above these, of 32768 (Linux) or 49152 (macOS) on. */
const PORTS = { least: 10_000, most: 31_000 };

/** A port that was free a moment ago; one of a pair whose second, 1000 above, was free too. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.least, PORTS.most);
    const both = [port, port + 1000].map((one) => isPortFree(one, '127.0.0.1'));
    if (!(await Promise.all(both)).includes(false)) return port;
  }
}
