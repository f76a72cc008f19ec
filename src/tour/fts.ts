import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTied } from '../adapters/tied-process.js';
import type { Sandbox } from './sandbox.js';

const MAIN = join(import.meta.dirname, '..', 'cli', 'main.js');

/** `fts`, run as a person would, on the sandbox. */
export interface Fts {
  environment: Record<string, string>;
  webUi: string;
  /** Runs a command on this terminal and returns its exit code. */
  run(...args: string[]): Promise<number>;
  /** `fts dev` in the background; resolves once it is ready. */
  startDev(): Promise<ChildProcess>;
}

/** Chooses ports that are free, beginning with Temporal's own. */
export async function ftsOn(sandbox: Sandbox): Promise<Fts> {
  const port = await freePort(7233);
  const uiPort = await freePort(8233);
  const environment = {
    FTS_ESTATE: sandbox.estateFile,
    FTS_STATE_DIR: sandbox.stateDirectory,
    TEMPORAL_ADDRESS: `127.0.0.1:${String(port)}`,
  };
  const start = (args: string[], stderr: 'inherit' | 'pipe', ownGroup: boolean): ChildProcess =>
    startTied(process.execPath, [MAIN, ...args], {
      environment: { ...process.env, ...environment },
      stdio: ['inherit', 'inherit', stderr],
      ownGroup,
    });
  return {
    environment,
    webUi: `http://127.0.0.1:${String(uiPort)}`,
    async run(...args) {
      const [code] = (await once(start(args, 'inherit', false), 'exit')) as [number | null];
      return code ?? 1;
    },
    async startDev() {
      // In a group of its own: Ctrl-C is for the tour, which then ends it in order.
      const child = start(['dev', '--port', String(port), '--ui-port', String(uiPort)], 'pipe', true);
      await untilReady(child);
      return child;
    },
  };
}

/** `fts dev` says `ready` on a line of its own; until then, and after, what it says is shown. */
function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`fts dev ended with exit code ${String(code)}`));
    });
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() === 'ready') resolve();
      else process.stderr.write(`${line}\n`);
    });
  });
}

async function freePort(wanted: number): Promise<number> {
  const tryPort = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => {
        resolve(undefined);
      });
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => {
          resolve(typeof address === 'object' && address ? address.port : undefined);
        });
      });
    });
  const port = (await tryPort(wanted)) ?? (await tryPort(0));
  if (port === undefined) throw new Error('no port is free on 127.0.0.1');
  return port;
}
