import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { prepareNamespace } from '../../schedules/namespace.js';
import { until } from './until.js';

/** A real development server on ports and in a database of its own, which survives its being killed. */
export interface TemporalServer {
  address: string;
  port: number;
  start(): Promise<void>;
  /** SIGKILL: nothing is written down any more. */
  kill(): Promise<void>;
  /** Kills it, and nothing that it knew is there at its next start. */
  loseDatabase(): Promise<void>;
  /** A client of its own; closed by `remove`. */
  client(): Promise<Client>;
  remove(): Promise<void>;
}

export async function makeTemporalServer(): Promise<TemporalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-temporal-'));
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  const connections: Connection[] = [];
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  return {
    address,
    port,
    kill,
    loseDatabase: async () => {
      await kill();
      for (const file of await readdir(folder)) await rm(join(folder, file));
    },
    start: async () => {
      const args = [
        '--db-filename',
        join(folder, 'temporal.db'),
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
      ];
      server = spawn('temporal', ['server', 'start-dev', '--headless', ...args], { stdio: 'ignore' });
      await until(async () => {
        const connection = await Connection.connect({ address, connectTimeout: 1000 });
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        await connection.close();
        return true;
      });
    },
    client: async () => {
      const connection = await Connection.connect({ address });
      connections.push(connection);
      return new Client({ connection });
    },
    remove: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A running server whose namespace is set up as a control worker does it. */
export async function startPreparedServer(): Promise<TemporalServer> {
  const server = await makeTemporalServer();
  await server.start();
  await prepareNamespace((await server.client()).connection, 'default');
  return server;
}

/** A port that was free a moment ago; one of a pair whose second, 1000 above, was free too. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    if (port < 60_000 && (await listenOnce(port + 1000).catch(() => 0)) !== 0) return port;
  }
}

async function listenOnce(port: number): Promise<number> {
  const probe = createServer().listen(port, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
