import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { startTied } from '../adapters/tied-process.js';
import { freePort } from './free-port.js';
import type { Sandbox } from './sandbox.js';
import { tell } from './telling.js';

const MAIN = join(import.meta.dirname, '..', 'cli', 'main.js');

/** Between two looks whether something still runs, and for how long it looks (milliseconds). */
const LOOK_MS = 500;
const IDLE_WITHIN_MS = 60_000;

/** `fts`, run as a person would, on the sandbox. */
export interface Fts {
  environment: Record<string, string>;
  webUi: string;
  /** Where the Web UI tells what the latest run of a job is about. */
  latestInWebUi: (job: string) => Promise<string>;
  /** Runs a command on this terminal. Rejects if its exit code is another than the one that is due, by default 0. */
  must: (...command: [...string[], string | { exitCode: number }]) => Promise<void>;
  /** Waits until no job runs. */
  untilIdle: () => Promise<void>;
  /** `fts dev` in the background; resolves once it is ready. */
  startDev: () => Promise<ChildProcess>;
}

/** Chooses ports that are free, beginning with Temporal's own. */
export async function ftsOn(sandbox: Sandbox): Promise<Fts> {
  const port = await freePort(7233);
  const uiPort = await freePort(8233);
  const webUi = `http://127.0.0.1:${String(uiPort)}`;
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
  const answer = async (...args: string[]): Promise<string> =>
    (await execa(process.execPath, [MAIN, ...args], { env: environment, reject: false })).stdout;
  return {
    environment,
    webUi,
    async latestInWebUi(job) {
      const { runs } = JSON.parse(await answer('runs', job, '--json')) as { runs: { runId: string }[] };
      return `${webUi}/namespaces/default/workflows/sandbox%2F${job}/${runs[0]?.runId ?? ''}/user-metadata`;
    },
    async must(...command) {
      const args = command.filter((part) => typeof part === 'string');
      const [due = 0] = command.flatMap((part) => (typeof part === 'string' ? [] : [part.exitCode]));
      tell(`$ fts ${args.join(' ')}`);
      const [code] = (await once(start(args, 'inherit', false), 'exit')) as [number | null];
      if (code !== due) throw new Error(`fts ${args.join(' ')} ended with exit code ${String(code)}`);
    },
    async untilIdle() {
      const deadline = Date.now() + IDLE_WITHIN_MS;
      while (Date.now() < deadline) {
        if (!(await answer('status', '--json')).includes('"state":"running"')) return;
        await sleep(LOOK_MS);
      }
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
