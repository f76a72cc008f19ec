import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobInput } from '../../src/domain/job.js';
import { declarationOf } from '../../src/estate/declaration.js';
import { loadEstate } from '../../src/estate/load.js';
import { fakeTool } from '../support/fake-tool.js';
import { type Running, cleanEnvironment, startFts } from '../support/fts.js';
import { processesWith } from '../support/processes.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { freePort } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let estate: ScheduleEstate;
let port: number;
const running: Running[] = [];

beforeEach(async () => {
  estate = await makeScheduleEstate('home');
  port = await freePort();
});
afterEach(async () => {
  for (const process of running.splice(0)) await process.ends('SIGKILL');
  await until(async () => (await ours()).length === 0);
  await estate.remove();
});

/** Everything that `fts dev` started here, itself included. */
const ours = () => processesWith(estate.folder);

function startDev(args: readonly string[] = ['--host', 'here'], more: NodeJS.ProcessEnv = {}): Running {
  const environment = cleanEnvironment({ FTS_STATE_DIR: join(estate.folder, 'state'), ...more });
  const ports = ['--port', String(port)];
  const dev = startFts(['dev', '--estate', estate.file, ...ports, ...args], environment);
  running.push(dev);
  return dev;
}

async function withClient<T>(ask: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: `127.0.0.1:${String(port)}` });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const scheduled = (job: string) =>
  withClient((client) => client.schedule.getHandle(`home/${job}`).describe());

/** Whether the workflow that a schedule starts ends: control worker, server and versioning all work. */
const runsDue = (): Promise<unknown> =>
  withClient((client) =>
    client.workflow.execute('due', {
      workflowId: `home/save/due/${String(Date.now())}`,
      taskQueue: 'fts-control',
      workflowExecutionTimeout: '2 minutes',
      args: [
        {
          estate: 'home',
          job: 'save',
          kind: 'snapshot',
          host: 'here',
          declaration: { digest: '', keys: {} },
        },
      ],
    }),
  );

async function kill(...texts: string[]): Promise<number> {
  const [found] = await until(async () => {
    const matching = (await processesWith(estate.folder, ...texts)).filter(
      ({ command }) => !command.includes('setpriv'),
    );
    return matching.length > 0 ? matching : undefined;
  });
  if (found === undefined) throw new Error('unreachable');
  process.kill(found.pid, 'SIGKILL');
  return found.pid;
}

describe('fts dev', () => {
  it('runs Temporal with its Web UI, both workers and the schedules, and ends all of it with 0 on SIGTERM', async () => {
    await estate.declare({
      save: { cron: '0 5 * * *' },
      check: { kind: 'check', repository: 'local', cron: '0 3 * * *' },
    });
    const dev = startDev();
    await dev.says(/^ready$/m);
    expect(dev.stderr()).toContain(`http://127.0.0.1:${String(port + 1000)}`);
    expect((await fetch(`http://127.0.0.1:${String(port + 1000)}`)).status).toBe(200);
    expect((await scheduled('save')).action.workflowType).toBe('due');
    expect(await runsDue()).toMatchObject({ outcome: 'complete' });
    expect(await dev.ends('SIGTERM')).toBe(0);
    expect(await ours()).toEqual([]);
    expect(existsSync(join(estate.folder, 'state', 'home', 'logs', 'fts-control.jsonl'))).toBe(true);
    expect(existsSync(join(estate.folder, 'state', 'home', 'logs', 'host-here.jsonl'))).toBe(true);
  });

  it('applies the schedules again when the estate file changed, and says what changed or why not', async () => {
    await estate.declare({ save: { cron: '0 5 * * *' } });
    const dev = startDev();
    await dev.says(/^ready$/m);
    await estate.declare({ save: { cron: '0 6 * * *' }, more: { cron: '0 7 * * *' } });
    await dev.says('estate.yaml changed. Schedules: 1 created, 1 updated.');
    await dev.says('  + home/more\n  ~ home/save\n      cron: 0 5 * * * → 0 6 * * *');
    const [input] = ((await scheduled('save')).action.args ?? []) as [JobInput];
    const valid = await readFile(estate.file, 'utf8');
    expect(input.declaration).toEqual(declarationOf((await loadEstate(estate.file)).estate, 'save'));

    await writeFile(estate.file, valid.replace('volume: flux', 'volume: flix'));
    await dev.says(/estate\.yaml changed, and nothing else did:\n.*flix/);
    await writeFile(estate.file, valid);
    await dev.says('estate.yaml is as it was before.');
    await writeFile(estate.file, valid.replace('estate: home', 'estate: away'));
    await dev.says('the estate is now called away; end `fts dev` and start it again');
    await rm(estate.file);
    await dev.says('nothing else did');
    await estate.declare({ save: { cron: '0 6 * * *' } });
    await dev.says('  - home/more');
    expect(await dev.ends('SIGTERM')).toBe(0);
  });

  it('ends with 130 on Ctrl-C, and goes on with the same database at the next start', async () => {
    await estate.declare({ save: { cron: '0 5 * * *' } });
    const first = startDev();
    await first.says(/^ready$/m);
    const { createdAt } = (await scheduled('save')).info;
    expect(await first.ends('SIGINT')).toBe(130);
    expect(await ours()).toEqual([]);
    const second = startDev();
    await second.says(/^ready$/m);
    expect(second.stderr()).toContain('1 unchanged');
    expect((await scheduled('save')).info.createdAt).toEqual(createdAt);
  });

  it('kills what does not end in time at a second Ctrl-C', async () => {
    await estate.declare({});
    const script = `[ "$1" = --version ] && { echo 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'; exit 0; }
      trap '' TERM
      : >"$(dirname "$0")/deaf"
      while :; do sleep 0.1; done`;
    await fakeTool(join(estate.folder, 'bin'), 'temporal', script);
    const dev = startDev(undefined, { PATH: `${join(estate.folder, 'bin')}:${process.env.PATH ?? ''}` });
    await until(() => existsSync(join(estate.folder, 'bin', 'deaf')));
    dev.child.kill('SIGINT');
    await dev.says('Ctrl-C again kills');
    expect(await dev.ends('SIGINT')).toBe(130);
    await until(async () => (await ours()).length === 0);
  });

  it('starts a child again that is killed: either worker, and the server on the same database', async () => {
    await estate.declare({ save: { cron: '0 5 * * *' } });
    const dev = startDev();
    await dev.says(/^ready$/m);
    for (const { name, texts } of [
      { name: 'host worker', texts: ['workers/host.js'] },
      { name: 'control worker', texts: ['workers/control.js'] },
      { name: 'Temporal server', texts: ['server', 'start-dev'] },
    ]) {
      const pid = await kill(...texts);
      await dev.says(new RegExp(`The ${name} ended \\(.*\\); it is started again`));
      await until(async () =>
        (await processesWith(estate.folder, ...texts)).some((found) => found.pid !== pid),
      );
    }
    await until(async () => (await scheduled('save')).action.workflowType === 'due');
    await until(runsDue);
    expect(await dev.ends('SIGTERM')).toBe(0);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    await estate.declare({});
    const dev = startDev();
    await dev.says(/^ready$/m);
    expect(await ours()).toHaveLength(5);
    expect(await dev.ends('SIGKILL')).toBe('SIGKILL');
    await until(async () => (await ours()).length === 0);
    const next = startDev();
    await next.says(/^ready$/m);
  });

  it('says what to do about a damaged database, and leaves it as it is', async () => {
    await estate.declare({});
    const database = join(estate.folder, 'temporal.db');
    await writeFile(database, 'no database');
    const dev = startDev(['--host', 'here', '--db', database]);
    expect(await dev.ends()).toBe(1);
    expect(dev.stderr()).toContain(`mv ${database} ${database}.damaged`);
    expect(await readFile(database, 'utf8')).toBe('no database');
  });

  it('gives up on a child that crashes again and again, and shows what it said last', async () => {
    await estate.declare({});
    const script = `[ "$1" = --version ] && { echo 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'; exit 0; }
      echo 'no disk for my database'; exit 1`;
    await fakeTool(join(estate.folder, 'bin'), 'temporal', script);
    const dev = startDev(undefined, { PATH: `${join(estate.folder, 'bin')}:${process.env.PATH ?? ''}` });
    await dev.says('fts dev ends');
    expect(await dev.ends()).toBe(1);
    expect(dev.stderr()).toMatch(
      /fts dev ends: the Temporal server ended 5 times within a minute[^]*no disk for my database/,
    );
  });
});

describe('fts dev refuses', () => {
  it('a port that is held, naming the holder', async () => {
    await estate.declare({});
    const holder = createServer().listen(port, '127.0.0.1');
    const dev = startDev();
    expect(await dev.ends()).toBe(2);
    holder.close();
    expect(dev.stderr()).toContain(`port ${String(port)} is held by process ${String(process.pid)}`);
  });

  it('to be there twice for one estate, naming the other', async () => {
    await estate.declare({});
    const first = startDev();
    await first.says(/^ready$/m);
    const second = startDev(['--host', 'here', '--ui-port', String(await freePort())]);
    expect(await second.ends()).toBe(2);
    expect(second.stderr()).toContain(`process ${String(first.pid)}`);
    expect(await first.ends('SIGTERM')).toBe(0);
  });

  it('to guess the host on a machine that the estate does not declare', async () => {
    await estate.declare({});
    const dev = startDev([]);
    expect(await dev.ends()).toBe(2);
    expect(dev.stderr()).toContain('--host here or --host elsewhere');
  });

  it('a host that is not declared', async () => {
    await estate.declare({});
    const dev = startDev(['--host', 'heer']);
    expect(await dev.ends()).toBe(2);
    expect(dev.stderr()).toContain('did you mean here?');
  });

  it('to listen anywhere but on loopback', async () => {
    await estate.declare({});
    const dev = startDev(undefined, { FTS_BIND: '0.0.0.0' });
    expect(await dev.ends()).toBe(2);
    expect(dev.stderr()).toContain('TLS');
  });
});

describe('what the children log', () => {
  it('reaches the terminal from warnings upwards, and the file as JSON', async () => {
    await estate.declare({ save: {} });
    const dev = startDev(undefined, { RESTIC_PASSWORD: 'secret' });
    await dev.says(/^ready$/m);
    await withClient((client) =>
      client.workflow
        .execute('snapshot', {
          workflowId: 'home/save',
          taskQueue: 'fts-control',
          args: [
            {
              estate: 'home',
              job: 'save',
              kind: 'snapshot',
              host: 'here',
              declaration: { digest: 'x', keys: {} },
            },
          ],
        })
        .catch(() => undefined),
    );
    await dev.says('host worker: Activity failed');
    expect(dev.stderr()).not.toContain('{"level"');
    const log = await readFile(join(estate.folder, 'state', 'home', 'logs', 'host-here.jsonl'), 'utf8');
    const failed = log.split('\n').find((line) => line.includes('Activity failed')) ?? '{}';
    expect(JSON.parse(failed)).toMatchObject({
      level: 'warn',
      component: 'host-here',
      workflowId: 'home/save',
      activity: expect.any(String) as string,
    });
  });
});
