import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, fts } from './fts.js';
import { type Sandbox, makeSandbox } from './sandbox.js';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await makeSandbox();
});

afterAll(() => sandbox.remove());

const COMMANDS =
  'jobs run recall runs watch logs cancel status check doctor provision schema dev worker'.split(' ');
const SCHEDULES = 'plan apply list pause resume trigger backfill'
  .split(' ')
  .map((name) => `schedules ${name}`);

describe('help', () => {
  it.each([...COMMANDS, ...SCHEDULES])('of %s has examples and exit codes', async (command) => {
    const { exitCode, stdout } = await fts([...command.split(' '), '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}\$ fts .*\n/);
    expect(stdout).toMatch(/Exit codes:\n {2}0 +/);
  });

  it('comes on request with 0, and in place of a missing command with 2', async () => {
    const [asked, missing] = await Promise.all([fts(['--help']), fts([])]);
    expect(asked).toMatchObject({ exitCode: 0, stderr: '' });
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(missing.stderr).toContain('Usage: fts');
  });
});

describe('a wrong request', () => {
  it.each<[args: string, says: string]>([
    ['chek', 'did you mean check?'],
    ['status --wtach', 'did you mean --watch?'],
    ['schedules plna', 'did you mean plan?'],
    ['run hourli', 'did you mean hourly?'],
    ['runs hourli', 'did you mean hourly?'],
    ['provision flu', 'did you mean flux?'],
    ['worker --control --host elsewher', ''],
    ['run', "missing required argument 'job'"],
    ['run hourly --timeout soon', 'whole number'],
    ['runs --limit 0', 'whole number'],
    ['check extra', 'too many arguments'],
    ['run constructor', 'declares no job'],
    ['status --watch --json', 'exclude each other'],
  ])('ends with 2: fts %s', async (args, says) => {
    const exit = await fts(args.split(' '), sandbox);
    expect(exit.exitCode).toBe(2);
    expect(exit.stdout + exit.stderr).toContain(says);
  });

  it('is answered with one object when a program asks, unknown options included', async () => {
    const exits = await Promise.all(
      ['run hourli --json', 'run hourly --jsn --json', 'chek --json'].map((args) =>
        fts(args.split(' '), sandbox),
      ),
    );
    for (const exit of exits) {
      expect(answer(exit)).toMatchObject({
        error: { type: 'Usage', hint: expect.stringContaining('ean') as string },
      });
      expect(exit.stderr).toBe('');
      expect(exit.exitCode).toBe(2);
    }
  });
});

describe('the estate', () => {
  it('is named before or after the command', async () => {
    const file = join(sandbox.folder, 'estate.yaml');
    const env = { FTS_ESTATE: '' };
    const exits = [
      fts(['--estate', file, 'jobs', '--json'], { env }),
      fts(['jobs', '--json', '--estate', file], { env }),
    ];
    for (const exit of await Promise.all(exits)) expect(answer(exit)).toMatchObject({ estate: 'box' });
  });

  it('is checked with a line for each error, for people and for programs', async () => {
    const file = join(sandbox.folder, 'wrong.yaml');
    await writeFile(file, 'estate: box\ntimezone: Europe/Pariss\nhosts: {}\nvolumes: {}\njbos: {}\n');
    const [people, program, other] = await Promise.all([
      fts(['check', '--estate', file]),
      fts(['check', '--json', '--estate', file]),
      fts(['status', '--json', '--estate', file]),
    ]);
    expect(people.stderr).toContain(`${file}:5:1: `);
    expect(answer(program)).toMatchObject({ ok: false, warnings: [] });
    expect((answer(program) as { errors: unknown[] }).errors).toContainEqual(
      expect.objectContaining({
        file,
        line: 5,
        column: 1,
        suggestion: expect.stringContaining('jobs') as string,
      }),
    );
    expect(answer(other)).toMatchObject({ error: { type: 'EstateInvalid' } });
    expect([people.exitCode, program.exitCode, other.exitCode]).toEqual([2, 2, 2]);
  });

  it('that is right is told so', async () => {
    const [people, program] = await Promise.all([fts(['check'], sandbox), fts(['check', '--json'], sandbox)]);
    expect(people).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ok (10 jobs') as string });
    expect(answer(program)).toMatchObject({ ok: true, errors: [] });
  });

  it('has a JSON Schema', async () => {
    const exit = await fts(['schema']);
    expect(JSON.parse(exit.stdout)).toMatchObject({ type: 'object', properties: { estate: {}, jobs: {} } });
  });

  it('lists its jobs, with when they are due', async () => {
    const exit = await fts(['jobs', '--json'], sandbox);
    const { jobs } = answer(exit) as { jobs: { job: string }[] };
    expect(jobs.find(({ job }) => job === 'tidy')).toMatchObject({
      cron: '30 3 * * *',
      next: expect.stringMatching(/:30:00\.000Z$/) as string,
    });
    expect(jobs.find(({ job }) => job === 'hourly')).toMatchObject({ what: 'snapshot of flux to local' });
  });
});

describe('without Temporal', () => {
  it.each(['run good', 'runs', 'watch good', 'logs good', 'cancel good', 'provision flux'])(
    'ends with 3 and a hint: fts %s',
    async (args) => {
      const [people, program] = await Promise.all([
        fts(args.split(' '), sandbox),
        fts([...args.split(' '), '--json'], sandbox),
      ]);
      expect(people).toMatchObject({ exitCode: 3, stdout: '' });
      expect(people.stderr).toContain('fts dev');
      expect(answer(program)).toMatchObject({ error: { type: 'TemporalUnreachable' } });
      expect(program.exitCode).toBe(3);
    },
  );

  it('gives up on a port that is open and mute, and says after how long', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = `127.0.0.1:${String((mute.address() as AddressInfo).port)}`;
    const exit = await fts(['runs', '--json'], { env: { ...sandbox.env, TEMPORAL_ADDRESS: address } });
    expect(exit.exitCode).toBe(3);
    expect(answer(exit)).toMatchObject({
      error: { message: expect.stringContaining('no answer within 10 s') as string },
    });
    mute.close();
  });

  it('refuses a configuration of Temporal that cannot be used', async () => {
    const file = join(sandbox.folder, 'temporal.toml');
    await writeFile(file, '[profile.default\n');
    const exit = await fts(['runs', '--json'], { env: { ...sandbox.env, TEMPORAL_CONFIG_FILE: file } });
    expect(answer(exit)).toMatchObject({ error: { type: 'Usage' } });
    expect(exit.exitCode).toBe(2);
  });
});

it('does not mind a reader that has left', async () => {
  const main = new URL('../../dist/src/cli/main.js', import.meta.url).pathname;
  const child = spawn('bash', ['-c', 'node "$0" schema | true; echo "${PIPESTATUS[0]}"', main], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
});
