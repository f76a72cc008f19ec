import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessRecord, isAlive } from '../../src/adapters/process-record.js';
import { buildIdOf } from '../../workers/bundle.js';
import { type Running, cleanEnvironment, compiled, startFts } from '../support/fts.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';
import { until } from '../support/until.js';

const SAVE = { estate: 'home', job: 'save', kind: 'snapshot', host: 'here' };

/** What a schedule starts. */
const DUE = {
  workflowId: 'home/save/due',
  taskQueue: 'fts-control',
  args: [{ ...SAVE, declaration: { digest: '', keys: {} } }],
};

let server: TemporalServer;
let estate: ScheduleEstate;
let worker: Running;
let state: string;

beforeEach(async () => {
  server = await makeTemporalServer();
  estate = await makeScheduleEstate('home');
  await estate.declare({});
  state = join(estate.folder, 'state');
  const environment = cleanEnvironment({ TEMPORAL_ADDRESS: server.address, FTS_STATE_DIR: state });
  worker = startFts(['worker', '--control', '--estate', estate.file], environment);
});
afterEach(async () => {
  await worker.ends('SIGKILL');
  await server.remove();
  await estate.remove();
});

describe('the control worker', () => {
  it('waits for a server that is not there yet, and then becomes the current version', async () => {
    await worker.says('the Temporal server does not answer, waiting for it');
    await server.start();
    await worker.says('"event":"ready"');
    const { connection } = await server.client();
    const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
      namespace: 'default',
      deploymentName: 'fts-home',
    });
    expect(workerDeploymentInfo?.routingConfig?.currentDeploymentVersion).toMatchObject({
      deploymentName: 'fts-home',
      buildId: buildIdOf(await readFile(compiled('workflow-bundle.js'))),
    });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    expect(Object.keys(customAttributes)).toContain('FtsOutcome');
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 24 * 3600);
  });

  it('goes on when the server went away for a while, and runs what is due then', async () => {
    await server.start();
    await worker.says('"event":"ready"');
    await server.kill();
    await server.start();
    const client = await server.client();
    const result: unknown = await client.workflow.execute('due', DUE);
    expect(result).toMatchObject({ outcome: 'complete', result: { workflowId: 'home/save' } });
  });

  it('makes itself current again on a server that lost its database', { timeout: 240_000 }, async () => {
    await server.start();
    await worker.says('"event":"ready"');
    await server.loseDatabase();
    await server.start();
    const client = await server.client();
    const { connection } = client;
    const attributes = async () =>
      (await connection.operatorService.listSearchAttributes({ namespace: 'default' })).customAttributes;
    expect(Object.keys(await attributes())).not.toContain('FtsOutcome');
    const result: unknown = await client.workflow.execute('due', DUE);
    expect(result).toMatchObject({ outcome: 'complete' });
    await until(async () => Object.keys(await attributes()).includes('FtsOutcome'));
  });

  it('leaves a record of its process while it is there, and ends with 0 when asked to', async () => {
    await server.start();
    await worker.says('"event":"ready"');
    const file = join(state, 'home', 'workers', 'fts-control.json');
    const record = ProcessRecord.parse(JSON.parse(await readFile(file, 'utf8')));
    expect(await isAlive(record)).toBe(true);
    expect(await worker.ends('SIGTERM')).toBe(0);
    expect(existsSync(file)).toBe(false);
    expect(await isAlive(record)).toBe(false);
  });

  it('ends with 0 also while it waits for the server', async () => {
    await worker.says('waiting for it');
    expect(await worker.ends('SIGTERM')).toBe(0);
  });

  it('logs one JSON object a line, to stderr and to a file', async () => {
    await server.start();
    await worker.says('"event":"ready"');
    await worker.ends('SIGTERM');
    const file = await readFile(join(state, 'home', 'logs', 'fts-control.jsonl'), 'utf8');
    const lines = file.trimEnd().split('\n');
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.any(String) as string,
        level: expect.stringMatching(/^(info|warn|error)$/) as string,
        component: 'control',
      });
    }
    expect(worker.stderr().trimEnd().split('\n')).toEqual(lines);
  });
});
