import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { Fts, type FtsExit, answer, fts, MAIN } from '../cli/fts.js';
import { makeQuickRepository } from './quick-repository.js';
import { type TemporalServer, makeTemporalServer } from './temporal-server.js';
import { until } from './until.js';

export const CANARY = `canary-${randomBytes(12).toString('hex')}`;

const PROMPT = '[y/N]';

/** Bytes that a snapshot has to store, and how fast it may: some ten seconds, in which things can go wrong. */
const SLOW_BYTES = 2 * 1024 ** 2;
const SLOW_RATE = '192K';

/**
 * An estate at work: a Temporal server of its own, a control worker and a host worker as processes, two provisioned
 * volumes, and the repository `local`, as if plain restic had just made it. `save` and `other` write it, and so does what
 * `more` adds; `slow` writes it slowly.
 */
export async function startEstate(more: Record<string, Record<string, unknown>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fts-running-'));
  const server: TemporalServer = await makeTemporalServer();
  await server.start();
  const job = { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 5 } };
  const declared = {
    estate: 'testbed',
    timezone: 'Etc/UTC',
    hosts: { here: { platform: 'linux' } },
    volumes: {
      flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' },
      space: { host: 'here', mountpoint: './space', filesystem: 'directory' },
    },
    repositories: { local: { host: 'here', volume: 'space', path: 'local', password: 'password' } },
    jobs: {
      save: job,
      other: job,
      slow: { ...job, bandwidth: SLOW_RATE },
      ...Object.fromEntries(Object.entries(more).map(([name, keys]) => [name, { ...job, ...keys }])),
    },
    secrets: { provider: 'file', path: 'secrets.yaml' },
  };
  await writeFile(join(folder, 'estate.yaml'), stringify(declared));
  await writeFile(join(folder, 'secrets.yaml'), stringify({ password: CANARY }), { mode: 0o600 });
  const env = {
    FTS_ESTATE: join(folder, 'estate.yaml'),
    FTS_STATE_DIR: join(folder, 'state'),
    TEMPORAL_ADDRESS: server.address,
  };
  const workers = new Map<'control' | 'host', Fts>();
  const startWorker = async (
    kind: 'control' | 'host',
    { main, says = /"event":"ready"/ }: { main?: string; says?: RegExp } = {},
  ): Promise<Fts> => {
    const args = kind === 'control' ? ['--control'] : ['--host', 'here', '--as-host'];
    const worker = new Fts(['worker', ...args], { env, ...(main !== undefined && { main }) });
    workers.set(kind, worker);
    await worker.untilStderr(says);
    return worker;
  };
  const estate = {
    folder,
    server,
    flux: join(folder, 'flux'),
    repository: join(folder, 'space', 'local'),
    state: join(folder, 'state', 'testbed'),
    startWorker,
    worker: (kind: 'control' | 'host'): Fts => {
      const worker = workers.get(kind);
      if (!worker) throw new Error(`no ${kind} worker was started`);
      return worker;
    },
    /** The process that does the worker's work, by its own record: `fts worker` only waits for it. */
    workerPid: async (queue: string): Promise<number> => {
      const record = JSON.parse(
        await readFile(join(folder, 'state', 'testbed', 'workers', `${queue}.json`), 'utf8'),
      ) as { pid: number };
      return record.pid;
    },
    fts: (...args: string[]): Promise<FtsExit> => fts(args, { env }),
    /** `fts` at a terminal at which somebody types that when asked; what is on the screen in the end. */
    atTerminal: async (
      typed: string,
      ...args: string[]
    ): Promise<{ exitCode: number | undefined; screen: string }> => {
      const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
      const script = execa('script', ['-q', '-e', '-c', command, '/dev/null'], { env, reject: false });
      let screen = '';
      script.stdout.on('data', (text: Buffer) => {
        if (!screen.includes(PROMPT) && `${screen}${text.toString()}`.includes(PROMPT))
          script.stdin.write(typed);
        screen += text.toString();
      });
      const { exitCode } = await script;
      return { exitCode, screen };
    },
    /** A following `fts`. */
    follow: (...args: string[]): Fts => new Fts(args, { env }),
    run: async (name: string): Promise<Record<string, unknown>> =>
      answer(await fts(['run', name, '--json'], { env })),
    restic: async (...args: string[]): Promise<string> =>
      (
        await execa('restic', ['--repo', join(folder, 'space', 'local'), ...args], {
          env: { RESTIC_PASSWORD: CANARY, TZ: 'UTC' },
        })
      ).stdout,
    /** Puts so much into the volume that `slow` takes some ten seconds to store it. */
    fill: () => writeFile(join(folder, 'flux', 'big'), randomBytes(SLOW_BYTES)),
    /** The process id of the restic that stores it, once it does. */
    storing: (): Promise<number> => until(() => resticOf(folder)),
    remove: async (): Promise<void> => {
      for (const { child, ended } of workers.values()) {
        child.kill('SIGTERM');
        await ended;
      }
      await server.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all([startWorker('control'), startWorker('host')]);
  for (const volume of ['flux', 'space']) {
    const { exitCode, stderr } = await estate.fts('provision', volume);
    if (exitCode !== 0) throw new Error(stderr);
  }
  await makeQuickRepository(estate.repository, CANARY);
  return estate;
}
export type RunningEstate = Awaited<ReturnType<typeof startEstate>>;

/** The running `restic backup` of an estate in that folder. */
export async function resticOf(folder: string): Promise<number | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const [program = ''] = command.split('\0');
    if (program.endsWith('restic') && command.includes('\0backup\0') && command.includes(folder))
      return Number(pid);
  }
  return undefined;
}

export const isRunning = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
};
