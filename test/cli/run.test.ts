import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TemporalServer, startPreparedServer } from '../support/temporal-server.js';
import { type FakeWorkers, RESULT, startFakeWorkers } from './fake-workers.js';
import { Fts, answer, fts } from './fts.js';
import { type Sandbox, makeSandbox } from './sandbox.js';

let server: TemporalServer;
let workers: FakeWorkers;
let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  server = await startPreparedServer();
  workers = await startFakeWorkers(server.address);
  sandbox = await makeSandbox(server.address);
  client = new Client({ connection: await Connection.connect({ address: server.address }) });
});

afterAll(async () => {
  await client.connection.close();
  await workers.stop();
  await server.remove();
  await sandbox.remove();
});

beforeEach(() => {
  workers.gate.close();
});

const run = (...args: string[]) => fts(['run', ...args], sandbox);
const follow = (...args: string[]) => new Fts(args, sandbox);
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('fts run --json', () => {
  it('answers with the one object of the contract', async () => {
    const exit = await run('good', '--json');
    expect(answer(exit)).toEqual({
      job: 'good',
      kind: 'snapshot',
      workflowId: 'box/good',
      runId: expect.any(String) as string,
      outcome: 'complete',
      startedAt: expect.stringMatching(RFC3339) as string,
      endedAt: expect.stringMatching(RFC3339) as string,
      result: RESULT,
    });
    expect(exit.exitCode).toBe(0);
  });

  it('tells the type, message and hint of a failure', async () => {
    const exit = await run('broken', '--json');
    expect(answer(exit)).toMatchObject({
      outcome: 'failed',
      result: null,
      error: { type: 'WrongPassword', message: 'no such key', hint: 'look twice' },
    });
    expect(exit.exitCode).toBe(1);
  });

  it('ends with 1 when partial, and with 5 when skipped', async () => {
    const [partial, skipped] = await Promise.all([run('partial', '--json'), run('skipping', '--json')]);
    expect(answer(partial)).toMatchObject({
      outcome: 'partial',
      result: { unreadable: { count: 1 } },
      error: { type: 'FilesUnreadable' },
    });
    expect(partial.exitCode).toBe(1);
    expect(answer(skipped)).toMatchObject({ outcome: 'skipped', result: null, error: { type: 'JobPaused' } });
    expect(skipped.exitCode).toBe(5);
  });

  it('counts a terminated run as failed', async () => {
    const following = follow('run', 'slow', '--json');
    await following.untilStderr(/backup/);
    await client.workflow.getHandle('box/slow').terminate('enough');
    const exit = await following.ended;
    expect(answer(exit)).toMatchObject({ outcome: 'failed', error: { type: 'Terminated' } });
    expect(exit.exitCode).toBe(1);
  });

  it('does not wait with --detach', async () => {
    const exit = await run('slow', '--detach', '--json');
    expect(answer(exit)).toMatchObject({ job: 'slow', outcome: null, endedAt: null });
    expect(exit.exitCode).toBe(0);
    workers.gate.open();
    const watched = await fts(['watch', 'slow', '--json'], sandbox);
    expect(answer(watched)).toMatchObject({ runId: answer(exit).runId, outcome: 'complete' });
  });
});

describe('fts run', () => {
  it('prints the result on stdout and an error with its hint on stderr, without colour codes', async () => {
    const [good, broken] = await Promise.all([run('good'), run('broken')]);
    expect(good.stdout).toMatch(
      /^good complete in \S+\n {2}snapshot abc123: 3 new, 1 changed, 5 unmodified files\n/,
    );
    expect(broken.stdout).toMatch(/^broken failed/);
    expect(broken.stderr).toContain('error: WrongPassword: no such key\nhint: look twice\n');
    expect(good.stdout + good.stderr + broken.stdout + broken.stderr).not.toContain('\u001b');
  });

  it('says why attempts failed, once for each change', async () => {
    const exit = await run('shaky');
    expect(exit.exitCode).toBe(0);
    expect(exit.stderr.match(/RepositoryUnreachable: the door is shut/g)).toHaveLength(1);
  });

  it('shows phase, bytes, speed, time left and files', async () => {
    const following = follow('run', 'slow');
    await following.untilStderr(/backup · 512 B of 1\.0 KiB · 256 B\/s · 2s left · 7 files/);
    workers.gate.open();
    expect(await following.ended).toMatchObject({ exitCode: 0 });
  });

  it('attaches to the run that is going', async () => {
    const first = follow('run', 'slow', '--json');
    await first.untilStderr(/backup/);
    const second = follow('run', 'slow', '--json');
    await second.untilStderr(/running already/);
    workers.gate.open();
    const [one, two] = await Promise.all([first.ended, second.ended]);
    expect(answer(two)).toEqual(answer(one));
  });

  it('detaches on Ctrl-C, says how to come back, and leaves the run going', async () => {
    const following = follow('run', 'slow');
    await following.untilStderr(/backup/);
    following.child.kill('SIGINT');
    const exit = await following.ended;
    expect(exit.exitCode).toBe(130);
    expect(exit.stderr).toContain('fts watch box/slow');
    expect(await client.workflow.getHandle('box/slow').describe()).toMatchObject({
      status: { name: 'RUNNING' },
    });
    workers.gate.open();
    await client.workflow.getHandle('box/slow').result();
  });

  it('answers with one object when a program is interrupted', async () => {
    const following = follow('run', 'slow', '--json');
    await following.untilStderr(/backup/);
    following.child.kill('SIGINT');
    const exit = await following.ended;
    expect(answer(exit)).toMatchObject({ outcome: null, endedAt: null, error: { type: 'Interrupted' } });
    expect(exit.exitCode).toBe(130);
    workers.gate.open();
    await client.workflow.getHandle('box/slow').result();
  });

  it('follows across a server that is killed and started again', async () => {
    const following = follow('run', 'slow', '--json');
    await following.untilStderr(/backup/);
    await server.kill();
    await following.untilStderr(/does not answer/);
    await server.start();
    await following.untilStderr(/answers again/);
    workers.gate.open();
    const exit = await following.ended;
    expect(answer(exit)).toMatchObject({ outcome: 'complete', result: RESULT });
    expect(exit.exitCode).toBe(0);
  });
});

describe('fts cancel', () => {
  it('returns when the run has ended, which then counts as cancelled', async () => {
    const following = follow('run', 'slow', '--json');
    await following.untilStderr(/backup/);
    const exit = await fts(['cancel', 'slow', '--json'], sandbox);
    expect(answer(exit)).toMatchObject({ outcome: 'cancelled', result: null });
    expect(exit.exitCode).toBe(0);
    const cancelled = await following.ended;
    expect(answer(cancelled)).toMatchObject({ outcome: 'cancelled' });
    expect(cancelled.exitCode).toBe(1);
  });

  it('refuses what is not running, and what is not known', async () => {
    await run('good');
    const [ended, unknown] = await Promise.all([
      fts(['cancel', 'good', '--json'], sandbox),
      fts(['cancel', 'goof', '--json'], sandbox),
    ]);
    expect(answer(ended)).toMatchObject({
      error: { type: 'Usage', message: expect.stringContaining('not running') as string },
    });
    expect(answer(unknown)).toMatchObject({ error: { hint: expect.stringContaining('good') as string } });
    expect([ended.exitCode, unknown.exitCode]).toEqual([2, 2]);
  });
});

describe('fts watch, logs and runs', () => {
  it('find a run by job, workflow id and run id', async () => {
    const { runId } = answer(await run('good', '--json'));
    const ids = ['good', 'box/good', String(runId)];
    const found = await Promise.all(ids.map((id) => fts(['watch', id, '--json'], sandbox)));
    for (const exit of found) expect(answer(exit)).toMatchObject({ job: 'good', runId, outcome: 'complete' });
  });

  it('tell the steps of a run, with the reasons of its attempts', async () => {
    await run('shaky');
    const exit = await fts(['logs', 'shaky', '--json'], sandbox);
    const { entries } = answer(exit) as { entries: Record<string, unknown>[] };
    expect(entries).toContainEqual(
      expect.objectContaining({
        source: 'history',
        step: 'work on job',
        attempt: 3,
        error: { type: 'RepositoryUnreachable', message: 'the door is shut' },
      }),
    );
    expect(entries.at(-1)).toMatchObject({ message: 'run completed' });
  });

  it('list ended runs, newest first, with how they ended', async () => {
    await run('broken');
    const exit = await fts(['runs', 'broken', '--limit', '1', '--json'], sandbox);
    const { runs } = answer(exit) as { runs: unknown[] };
    expect(runs).toMatchObject([{ job: 'broken', outcome: 'failed', error: { type: 'WrongPassword' } }]);
  });
});

it('provisions a volume', async () => {
  const [known, unknown] = await Promise.all([
    fts(['provision', 'flux', '--json'], sandbox),
    fts(['provision', 'flix', '--json'], sandbox),
  ]);
  expect(answer(known)).toMatchObject({
    volume: 'flux',
    kind: 'provision',
    workflowId: 'box/provision/flux',
    outcome: 'complete',
  });
  expect(known.exitCode).toBe(0);
  expect(answer(unknown)).toMatchObject({ error: { hint: 'did you mean flux?' } });
  expect(unknown.exitCode).toBe(2);
});
