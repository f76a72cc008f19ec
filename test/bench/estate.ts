import { once } from 'node:events';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { makeTemporalServer } from '../support/temporal-server.js';

/** The command line beside this file in `dist`. */
export const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.js');
export const ESTATE = 'bench';
export const PASSWORD = 'a password for a while';

/** How long one run took (seconds): as a person waits for it, and by the workflow's own start and end. */
export interface RunTimes {
  command: number;
  workflow: number;
  runId: string;
  result: Record<string, unknown>;
}

export interface BenchEstate {
  folder: string;
  /** Of the estate's file, its state, its caches and its server. */
  environment: Record<string, string>;
  client: Client;
  flux: string;
  space: string;
  archive: string;
  library: string;
  run(job: string): Promise<RunTimes>;
  fts(...args: string[]): Promise<void>;
  /** Resident memory of a worker's process (bytes). */
  residentMemory(queue: string): Promise<number>;
  remove(): Promise<void>;
}

/** What of the estate is the measurements' own business. */
export interface Declared {
  repositories: Record<string, object>;
  remotes: Record<string, object>;
  jobs: Record<string, object>;
  /** Beside the password of the repositories. */
  secrets: Record<string, string>;
}

/** A real Temporal server, a control worker, a host worker, and four provisioned volumes, all below one folder. */
export async function startBenchEstate(folder: string, declared: Declared): Promise<BenchEstate> {
  const server = await makeTemporalServer();
  const workers: ChildProcess[] = [];
  const remove = async (): Promise<void> => {
    for (const worker of workers.filter(({ exitCode }) => exitCode === null)) {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
    await server.remove();
  };
  try {
    await server.start();
    const { secrets, ...own } = declared;
    const volume = { host: 'here', filesystem: 'directory' };
    await writeFile(
      join(folder, 'estate.yaml'),
      stringify({
        estate: ESTATE,
        timezone: 'America/New_York',
        hosts: { here: { platform: 'linux' } },
        volumes: {
          flux: { ...volume, mountpoint: './flux', directories: ['data', 'active'] },
          space: { ...volume, mountpoint: './space', directories: ['projects'] },
          archive: { ...volume, mountpoint: './archive' },
          library: { ...volume, mountpoint: './library' },
        },
        ...own,
        secrets: { provider: 'file', path: 'secrets.yaml' },
      }),
    );
    await writeFile(join(folder, 'secrets.yaml'), stringify({ password: PASSWORD, ...secrets }), {
      mode: 0o600,
    });
    const environment = {
      FTS_ESTATE: join(folder, 'estate.yaml'),
      FTS_STATE_DIR: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      TEMPORAL_ADDRESS: server.address,
    };
    const fts = async (...args: string[]): Promise<void> => {
      const { exitCode, stderr } = await execa(process.execPath, [MAIN, ...args], {
        env: environment,
        reject: false,
      });
      if (exitCode !== 0) throw new Error(`fts ${args.join(' ')}: ${stderr}`);
    };
    for (const args of [['--control'], ['--host', 'here', '--as-host']])
      workers.push(await startWorker(args, environment));
    for (const name of ['flux', 'space', 'archive', 'library']) await fts('provision', name);
    await fts('schedules', 'apply');
    return {
      ...{ folder, environment, fts, remove },
      client: await server.client(),
      flux: join(folder, 'flux'),
      space: join(folder, 'space'),
      archive: join(folder, 'archive'),
      library: join(folder, 'library'),
      run: (job) => run(job, environment),
      residentMemory: async (queue) => {
        const record = await readFile(join(folder, 'state', ESTATE, 'workers', `${queue}.json`), 'utf8');
        const { pid } = JSON.parse(record) as { pid: number };
        const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
        return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startWorker(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [MAIN, 'worker', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    worker.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4096);
      if (said.includes('"event":"ready"')) resolve();
    });
    worker.once('exit', () => {
      reject(new Error(`fts worker ${args.join(' ')} ended: ${said}`));
    });
  });
  return worker;
}

async function run(job: string, environment: Record<string, string>): Promise<RunTimes> {
  const start = performance.now();
  const { stdout, stderr } = await execa(process.execPath, [MAIN, 'run', job, '--json'], {
    env: environment,
    reject: false,
  });
  const command = (performance.now() - start) / 1000;
  const view = JSON.parse(stdout || '{}') as Record<string, unknown>;
  if (view.outcome !== 'complete') throw new Error(`${job} was not complete: ${stdout}${stderr}`);
  const [startedAt, endedAt] = [view.startedAt, view.endedAt].map((time) => Date.parse(String(time)));
  return {
    command,
    workflow: ((endedAt ?? NaN) - (startedAt ?? NaN)) / 1000,
    runId: String(view.runId),
    result: view.result as Record<string, unknown>,
  };
}
