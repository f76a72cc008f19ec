import { isPortFree, whoHolds } from '../adapters/port-holder.js';
import { UsageError } from '../domain/usage-error.js';

export const LOOPBACK = '127.0.0.1';
const DEFAULT_PORT = 7233;

/** As Temporal's own development server has it. */
const UI_PORT_OFFSET = 1000;

export interface DevPorts {
  port: number;
  uiPort: number;
}

/** The ports of the embedded server and its Web UI; one that is taken is a usage error that says by whom. */
export async function devPorts(options: { port?: number; uiPort?: number }): Promise<DevPorts> {
  const port = options.port ?? DEFAULT_PORT;
  const uiPort = options.uiPort ?? port + UI_PORT_OFFSET;
  if (port === uiPort) throw new UsageError('the server and its Web UI need a port each');
  await requireFree(port, '--port');
  await requireFree(uiPort, '--ui-port');
  return { port, uiPort };
}

async function requireFree(port: number, option: string): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`${option} is a number from 1 to 65535, not ${String(port)}`);
  }
  if (await isPortFree(port, LOOPBACK)) return;
  throw new UsageError(`port ${String(port)} is held by ${await whoHolds(port)}`, {
    hint: `end it, or choose another with ${option}`,
  });
}
