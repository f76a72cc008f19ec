import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import { State } from '../../src/adapters/state.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { fakeTool } from '../support/fake-tool.js';
import { type Running, cleanEnvironment, startFts } from '../support/fts.js';
import { processesWith } from '../support/processes.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let server: TemporalServer;
let estate: ScheduleEstate;
const running: Running[] = [];

beforeAll(async () => {
  server = await makeTemporalServer();
  await server.start();
});
afterAll(() => server.remove());

beforeEach(async () => {
  estate = await makeScheduleEstate('home');
});
afterEach(async () => {
  for (const process of running.splice(0)) await process.ends('SIGKILL');
  await estate.remove();
});

function startWorker(args: readonly string[], more: NodeJS.ProcessEnv = {}): Running {
  const basics = { TEMPORAL_ADDRESS: server.address, FTS_STATE_DIR: join(estate.folder, 'state') };
  const worker = startFts(
    ['worker', ...args, '--estate', estate.file],
    cleanEnvironment({ ...basics, RESTIC_PASSWORD: 'secret', ...more }),
  );
  running.push(worker);
  return worker;
}

describe('the host worker', () => {
  it("refuses another machine's name, and says which host this machine is", async () => {
    const hosts = { here: { platform: 'linux', hostname: hostname() }, elsewhere: { platform: 'linux' } };
    await estate.declare({}, { hosts });
    const worker = startWorker(['--host', 'elsewhere']);
    expect(await worker.ends()).toBe(2);
    expect(worker.stderr()).toContain('this machine is here, not elsewhere');
    expect(worker.stderr()).toContain('--as-host');
  });

  it('takes its own name without being told twice, and another with --as-host', async () => {
    const hosts = {
      here: { platform: 'linux', hostname: hostname().toUpperCase() },
      elsewhere: { platform: 'linux' },
    };
    await estate.declare({}, { hosts });
    for (const args of [
      ['--host', 'here'],
      ['--host', 'elsewhere', '--as-host'],
    ]) {
      const worker = startWorker(args);
      await worker.says('"event":"ready"');
      expect(await worker.ends('SIGTERM')).toBe(0);
    }
  });

  it('refuses a host that the estate does not declare', async () => {
    await estate.declare({});
    const worker = startWorker(['--host', 'heer']);
    expect(await worker.ends()).toBe(2);
    expect(worker.stderr()).toContain('did you mean here?');
  });

  it('prunes what its host no longer needs', async () => {
    await estate.declare({});
    const [old, fresh] = ['old', 'fresh'].map((name) =>
      join(estate.folder, 'state', 'home', 'reports', `${name}.jsonl`),
    ) as [string, string];
    await mkdir(dirname(old), { recursive: true });
    for (const file of [old, fresh]) await writeFile(file, '{}');
    await utimes(old, 0, 0);
    const worker = startWorker(['--host', 'here', '--as-host']);
    await worker.says('"reports":1');
    expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
    expect(await worker.ends('SIGTERM')).toBe(0);
  });

  it('interrupts its tool when it is told to end, and leaves the run to its successor', async () => {
    const loaded = await estate.declare({ save: {} });
    const state = new State(join(estate.folder, 'state'), 'home');
    for (const volume of ['flux', 'space']) await provisionVolume({ state, loaded, volume });
    const [started, interrupted] = [join(estate.folder, 'started'), join(estate.folder, 'interrupted')];
    const script = `[ "$1" = version ] && { echo 'restic 0.18.0 compiled with go1.24.1 on linux/amd64'; exit 0; }
      trap 'echo > ${interrupted}; exit 130' INT
      echo > ${started}
      while :; do sleep 0.1; done`;
    await fakeTool(join(estate.folder, 'bin'), 'restic', script);
    const PATH = `${join(estate.folder, 'bin')}:${process.env.PATH ?? ''}`;
    const worker = startWorker(['--host', 'here', '--as-host'], { PATH });
    await startWorker(['--control']).says('"event":"ready"');

    const client = await server.client();
    const input = { estate: 'home', job: 'save', kind: 'snapshot', host: 'here' };
    const handle = await client.workflow.start('snapshot', {
      workflowId: 'home/save',
      taskQueue: 'fts-control',
      args: [{ ...input, declaration: declarationOf(loaded.estate, 'save') }],
    });
    await until(() => existsSync(started));
    expect(await worker.ends('SIGTERM')).toBe(0);
    expect(existsSync(interrupted)).toBe(true);
    expect(await processesWith(join(estate.folder, 'bin'))).toEqual([]);
    expect((await handle.describe()).status.name).toBe('RUNNING');

    const successor = startWorker(['--host', 'here', '--as-host']);
    const result: unknown = await handle.result();
    expect(result).toMatchObject({ outcome: 'complete' });
    expect(await successor.ends('SIGTERM')).toBe(0);
  });
});
