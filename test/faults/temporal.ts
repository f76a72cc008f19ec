import { once } from 'node:events';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { startTied } from '../../src/adapters/tied-process.js';
import { freePort } from '../support/temporal-server.js';
import { until } from '../support/until.js';
import { identify, type ProcessId } from './processes.js';

/** Several worlds at once make a machine slow. */
export const START_PATIENCE_MS = 180_000;

/** A real Temporal server whose database outlives it. */
export interface Temporal {
  address: string;
  /** The running server. */
  id(): ProcessId | undefined;
  start(): Promise<void>;
  kill(): Promise<void>;
}

export async function makeTemporal(folder: string): Promise<Temporal> {
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  let child: ReturnType<typeof startTied> | undefined;
  return {
    address,
    id: () => (child?.pid === undefined ? undefined : identify(child.pid)),
    start: async () => {
      const place = [
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--db-filename',
        join(folder, 'temporal.db'),
      ];
      child = startTied('temporal', ['server', 'start-dev', '--headless', '--log-level', 'error', ...place], {
        stdio: 'ignore',
        deathSignal: 'KILL',
      });
      await until(async () => {
        const connection = await Connection.connect({ address, connectTimeout: 1000 });
        await connection.workflowService.describeNamespace({ namespace: 'default' });
        await connection.close();
        return true;
      }, START_PATIENCE_MS);
    },
    kill: async () => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
