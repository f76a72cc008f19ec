import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { prepareNamespace } from '../../schedules/namespace.js';

/** A real Temporal server on a free port, that keeps its runs when it is killed and started again. */
export class DevServer {
  readonly address: string;
  #process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {
    this.address = `127.0.0.1:${String(port)}`;
  }

  static async start(): Promise<DevServer> {
    const folder = await mkdtemp(join(tmpdir(), 'fts-server-'));
    const server = new DevServer(folder, await freePort());
    await server.start();
    const connection = await Connection.connect({ address: server.address });
    await prepareNamespace(connection, 'default');
    await connection.close();
    return server;
  }

  /** Starts it again, on the same port with the same database. */
  async start(): Promise<void> {
    const options = [
      '--port',
      String(this.port),
      '--ip',
      '127.0.0.1',
      '--db-filename',
      join(this.folder, 'runs.db'),
    ];
    this.#process = spawn(
      'temporal',
      ['server', 'start-dev', '--headless', '--log-level', 'error', ...options],
      {
        stdio: 'ignore',
      },
    );
    const connection = Connection.lazy({ address: this.address });
    try {
      await connection.withDeadline(Date.now() + 60_000, async () => {
        for (;;) {
          try {
            await connection.workflowService.describeNamespace({ namespace: 'default' });
            return;
          } catch {
            if (this.#process?.exitCode !== null) throw new Error('the server did not start');
          }
        }
      });
    } finally {
      await connection.close();
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
