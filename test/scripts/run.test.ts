import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTool } from '../support/fake-tool.js';
import { FakeCheckout, NPM } from '../support/fake-checkout.js';

/** Beyond the largest process id that Linux hands out. */
const DEAD_PID = 2 ** 22 + 1;

let checkout: FakeCheckout;

beforeEach(async () => {
  checkout = await FakeCheckout.create();
});

afterEach(async () => {
  await checkout.remove();
});

describe('set-up', () => {
  it('does everything in a clean checkout, and nothing the second time', async () => {
    const first = await checkout.run('setup');
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toMatch(/dependencies: installed.*\n.*build: done.*\n.*tools: restic 0\.18\.0 \(\d/);
    const second = await checkout.run('setup');
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toMatch(/dependencies: up to date.*\n.*build: up to date/);
    await expect(readFile(checkout.at('npm.log'), 'utf8')).resolves.toBe(
      'ci --include=dev --ignore-scripts --no-audit --no-fund\n',
    );
    await expect(readdir(checkout.at('.fts'))).resolves.toEqual([]);
  });

  it.each([
    ['another version', { zod: '4.0.1' }],
    ['one package more', { zod: '4.0.0', yaml: '2.0.0' }],
    ['one package less', {}],
  ])('installs again when the lock file asks for %s', async (_, versions) => {
    await checkout.run('setup');
    await checkout.lock(versions);
    expect((await checkout.run('setup')).stderr).toContain('dependencies: installed');
  });

  it('does not miss an optional package that is for other machines', async () => {
    await checkout.run('setup');
    const lock = JSON.stringify({
      packages: {
        'node_modules/zod': { version: '4.0.0' },
        'node_modules/x': { version: '1.0.0', optional: true },
      },
    });
    await checkout.write('package-lock.json', lock);
    expect((await checkout.run('setup')).stderr).toContain('dependencies: up to date');
  });

  it.each([
    ['a source changed', () => checkout.write('src/source.ts', 'changed')],
    ['a source is new', () => checkout.write('workflows/new.ts', '')],
    ['a source is gone', () => rm(checkout.at('src/old.ts'))],
    ['the bundle is missing', () => rm(checkout.at('dist/workflow-bundle.js'))],
    ['the bundled command line is missing', () => rm(checkout.at('dist/command-line/main.cjs'))],
  ])('builds again when %s', async (_, change) => {
    await checkout.write('src/old.ts', '');
    await checkout.run('setup');
    await change();
    const { stderr } = await checkout.run('setup');
    expect(stderr).toContain('build: done');
  });

  it('keeps the last build when a new one fails, shows why, and runs nothing', async () => {
    await checkout.write('src/tour.js', 'console.log("the tour ran")');
    await checkout.run('setup');
    await checkout.write('src/source.ts', 'BROKEN');
    const broken = await checkout.run('tour');
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toContain('source.ts(1,1): error TS1');
    expect(broken.stderr).toMatch(/error: tsc ended with exit code 2$/);
    expect(broken.stdout).toBe('');
    expect(existsSync(checkout.at('dist/src/cli/main.js'))).toBe(true);
  });

  it('says which step failed and what can be done', async () => {
    await fakeTool(checkout.at('bin'), 'npm', 'echo "npm error network"; exit 7');
    const failed = await checkout.run('setup');
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain('npm error network');
    expect(failed.stderr).toMatch(
      /dependencies: failed.*\nerror: npm ci ended with exit code 7\nhint: npm has to reach/,
    );
  });

  it('waits for another set-up of the same checkout, and then finds all done', async () => {
    await fakeTool(
      checkout.at('bin'),
      'npm',
      `until [ -e go ] || ! [ -e package.json ]; do sleep 0.05; done; ${NPM}`,
    );
    const first = checkout.run('setup');
    await expect.poll(() => existsSync(checkout.at('.fts/setup.lock'))).toBe(true);
    const second = checkout.run('setup');
    let said = '';
    second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => said).toContain('waiting for process');
    await writeFile(checkout.at('go'), '');
    expect((await first).stderr).toContain('dependencies: installed');
    expect((await second).stderr).toContain('dependencies: up to date');
  });

  it('takes over from a set-up that was killed', async () => {
    await checkout.write('.fts/setup.lock', String(DEAD_PID));
    expect((await checkout.run('setup')).exitCode).toBe(0);
  });

  it.runIf(process.platform === 'linux')(
    'does not wait for a process that got the number of a killed set-up',
    async () => {
      await checkout.write('.fts/setup.lock', `${String(process.pid)} 1`);
      expect((await checkout.run('setup')).exitCode).toBe(0);
    },
  );

  it.each(['', 'garbage'])('says what to do about a lock that names no process (%j)', async (text) => {
    await checkout.write('.fts/setup.lock', text);
    await utimes(checkout.at('.fts/setup.lock'), 0, 0);
    const { exitCode, stderr } = await checkout.run('setup');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error: \.fts\/setup\.lock names no process\nhint: .*delete it/);
    expect(existsSync(checkout.at('.fts/setup.lock'))).toBe(true);
  });

  it('names its jobs when asked for another', async () => {
    const { exitCode, stderr } = await checkout.run('tuor');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('setup|build|test|faults|resources|tour');
  });
});

describe('the job', () => {
  it('gets the arguments, and its exit code is the result', async () => {
    await checkout.write(
      'src/tour.js',
      'console.log(process.argv.slice(2).join(" ")); process.exitCode = 7;',
    );
    const { exitCode, stdout } = await checkout.run('tour', '--exit', 'a b');
    expect(exitCode).toBe(7);
    expect(stdout).toBe('--exit a b');
  });

  it.each([
    ['SIGINT', 'process.exit(130)', 130],
    ['SIGTERM', 'process.exit(5)', 5],
    ['SIGHUP', 'process.exit(6)', 6],
  ] as const)('gets %s, and time to end', async (signal, then, code) => {
    await checkout.write(
      'src/tour.js',
      `process.once('${signal}', () => { console.log('ending'); ${then}; }); setInterval(() => {}, 1000); console.log('up');`,
    );
    const running = checkout.run('tour');
    await new Promise((resolve) => running.stdout.once('data', resolve));
    running.kill(signal);
    const { exitCode, stdout } = await running;
    expect(stdout).toBe('up\nending');
    expect(exitCode).toBe(code);
  });

  it('that dies of a signal is reported as shells do', async () => {
    await checkout.write('src/tour.js', 'process.kill(process.pid, "SIGKILL");');
    expect((await checkout.run('tour')).exitCode).toBe(137);
  });

  it('leaves no lock behind while it runs', async () => {
    await mkdir(checkout.at('.fts'));
    await checkout.write(
      'src/tour.js',
      'import { readdirSync } from "node:fs"; console.log(readdirSync(".fts").length);',
    );
    expect((await checkout.run('tour')).stdout).toBe('0');
  });
});
