import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TemporalServer, startPreparedServer } from '../support/temporal-server.js';
import { startFakeWorkers } from './fake-workers.js';
import { Fts, answer, fts } from './fts.js';
import { type Sandbox, makeSandbox } from './sandbox.js';

let server: TemporalServer;
let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  server = await startPreparedServer();
  sandbox = await makeSandbox(server.address);
  client = new Client({ connection: await Connection.connect({ address: server.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await server.remove();
  await sandbox.remove();
});

describe('without a worker', () => {
  it('a program hears of it when its patience is over, and the run is taken back', async () => {
    const exit = await fts(['run', 'good', '--json', '--timeout', '1'], sandbox);
    expect(answer(exit)).toMatchObject({
      job: 'good',
      outcome: 'failed',
      result: null,
      error: {
        type: 'HostUnavailable',
        hint: expect.stringContaining('fts worker --host elsewhere') as string,
      },
    });
    expect(exit.exitCode).toBe(1);
    const { status } = await client.workflow.getHandle('box/good').describe();
    expect(status.name).not.toBe('RUNNING');
  });

  it('a run that somebody else started is left alone', async () => {
    const started = answer(await fts(['run', 'good', '--detach', '--json'], sandbox));
    const exit = await fts(['run', 'good', '--json', '--timeout', '1'], sandbox);
    expect(answer(exit)).toMatchObject({ runId: started.runId, error: { type: 'HostUnavailable' } });
    const { status } = await client.workflow.getHandle('box/good').describe();
    expect(status.name).toBe('RUNNING');
    await client.workflow.getHandle('box/good').terminate();
  });

  it('a person is told what is waited for, and the run goes on once a worker is there', async () => {
    const following = new Fts(['run', 'good'], sandbox);
    await following.untilStderr(/Waiting: no worker polls host-elsewhere/);
    const workers = await startFakeWorkers(server.address);
    try {
      expect(await following.ended).toMatchObject({ exitCode: 0 });
    } finally {
      await workers.stop();
    }
  });
});
