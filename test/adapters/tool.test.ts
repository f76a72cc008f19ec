import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { registerSecret } from '../../src/adapters/redaction.js';
import { type ToolCall, runTool } from '../../src/adapters/tool.js';
import { compiled } from '../support/fts.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

const shell = (script: string, more: Partial<ToolCall> = {}) =>
  runTool({ file: '/bin/sh', args: ['-c', script], ...more });

/** Starts a tool; resolves once it said a line, with that line and the end of the call. */
async function started(script: string, more: Partial<ToolCall> = {}) {
  let ended: ReturnType<typeof runTool> | undefined;
  const line = await new Promise<string>((resolve, reject) => {
    ended = shell(script, { ...more, onStdout: resolve });
    ended.catch(reject);
  });
  return { line, ended };
}

const isGone = async (pid: string): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || stat.includes(') Z ');
};

describe('how a tool ended', () => {
  it('is told by its exit code and the ends of its streams', async () => {
    const exit = await shell('echo out; echo err >&2; exit 3');
    expect(exit).toEqual({ exitCode: 3, signal: undefined, stdout: 'out\n', stderr: 'err\n' });
  });

  it('is told by the signal that ended it', async () => {
    expect(await shell('kill -KILL $$')).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
  });

  it('gives an exit code that flock uses for itself to the tool, when there is no lock', async () => {
    expect(await shell('exit 75')).toMatchObject({ exitCode: 75 });
  });

  it('keeps the last of megabytes, and lets every line be heard', async () => {
    let lines = 0;
    const { stdout } = await runTool({
      file: process.execPath,
      args: [
        '-e',
        'for (let i = 0; i < 100_000; i += 1) console.log("x".repeat(99)); console.log("the end")',
      ],
      onStdout: () => (lines += 1),
    });
    expect(lines).toBe(100_001);
    expect(stdout).toHaveLength(64 * 1024);
    expect(stdout).toMatch(/xxx\nthe end\n$/);
  });

  it('keeps the last of one endless line', async () => {
    const { stdout } = await shell('head -c 5000000 /dev/zero | tr "\\0" x; echo y');
    expect(stdout).toHaveLength(64 * 1024);
    expect(stdout).toMatch(/xxxy\n$/);
  });

  it('has known secrets removed from both streams, whole ones and what is cut', async () => {
    const secret = 'canary/&-"in-tool';
    registerSecret(secret);
    const script = 'echo "it is $SECRET"; echo "$SECRET" >&2';
    expect(await shell(script, { environment: { SECRET: secret } })).toMatchObject({
      stdout: 'it is ***\n',
      stderr: '***\n',
    });

    const cut = 'for (let i = 0; i < 20_000; i += 1) console.log(process.env.SECRET)';
    const { stdout } = await runTool({
      file: process.execPath,
      args: ['-e', cut],
      environment: { SECRET: secret },
    });
    expect(stdout).toMatch(/^[*\n]+$/);
  });
});

describe('what a tool is given', () => {
  it('are its arguments as they are, and no shell', async () => {
    const args = ['-n', '$(touch pwned)', '*', 'two\nlines', '--', ''];
    const said: string[] = [];
    await runTool({
      file: process.execPath,
      args: ['-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args],
      onStdout: (line) => said.push(line),
    });
    expect(JSON.parse(said.join('\n'))).toEqual(args);
  });

  it('is its own environment and nothing of ours that could be a secret', async () => {
    vi.stubEnv('RESTIC_PASSWORD', 'ours')
      .stubEnv('AWS_SECRET_ACCESS_KEY', 'ours')
      .stubEnv('FTS_STATE_DIR', '/ours');
    vi.stubEnv('HTTPS_PROXY', 'http://proxy').stubEnv('LC_ALL', 'C').stubEnv('XDG_CACHE_HOME', '/cache');
    const { stdout } = await shell('env', { environment: { RESTIC_REPOSITORY: '/its/own' } });
    vi.unstubAllEnvs();
    const names = stdout.split('\n').map((line) => line.split('=', 1)[0]);
    expect(names).toEqual(
      expect.arrayContaining(['PATH', 'HTTPS_PROXY', 'LC_ALL', 'XDG_CACHE_HOME', 'RESTIC_REPOSITORY']),
    );
    for (const name of ['RESTIC_PASSWORD', 'AWS_SECRET_ACCESS_KEY', 'FTS_STATE_DIR', 'NODE_ENV'])
      expect(names).not.toContain(name);
  });

  it('is a working directory', async () => {
    const directory = await temporaryFolder();
    expect(await shell('pwd', { directory })).toMatchObject({ stdout: `${directory}\n` });
  });
});

describe('a tool that cannot be started', () => {
  it.each([undefined, 'lock'])(
    'because it is not there is ToolMissing, naming it (lock: %s)',
    async (lock) => {
      const call = {
        file: '/nowhere/restic',
        args: [],
        ...(lock && { lock: join(await temporaryFolder(), lock) }),
      };
      await expect(runTool(call)).rejects.toMatchObject({
        type: 'ToolMissing',
        message: expect.stringContaining('/nowhere/restic') as string,
      });
    },
  );

  it.each([
    ['setpriv', []],
    ['flock', ['setpriv']],
  ])('because %s is not there is ToolMissing, naming that', async (missing, present) => {
    const folder = await temporaryFolder();
    for (const name of present) await symlink(`/usr/bin/${name}`, join(folder, name));
    const call = shell('true', { environment: { PATH: folder }, lock: join(folder, 'lock') });
    await expect(call).rejects.toMatchObject({
      type: 'ToolMissing',
      message: expect.stringContaining(`cannot start ${missing}:`) as string,
      hint: expect.stringContaining('util-linux') as string,
    });
  });

  it('for another reason says which, and not what it was given', async () => {
    const call = shell('true', { args: ['x'.repeat(3_000_000)] });
    const error = await call.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ type: 'ToolFailed', message: expect.stringContaining('E2BIG') as string });
    expect(String(error).length).toBeLessThan(200);
    await expect(shell('true', { directory: '/nowhere' })).rejects.toMatchObject({
      message: expect.stringContaining('/nowhere') as string,
    });
  });
});

describe('a lock', () => {
  it('is held by the tool, and whoever comes second is told who has it', async () => {
    const lock = join(await temporaryFolder(), 'lock');
    const stop = new AbortController();
    const { line: pid, ended } = await started('echo $$; exec sleep 600', { lock, signal: stop.signal });
    await expect(shell('true', { lock })).rejects.toMatchObject({
      type: 'Busy',
      message: expect.stringContaining(`process ${pid} (sleep)`) as string,
    });
    stop.abort();
    await expect(ended).rejects.toBe(stop.signal.reason);
    expect(await shell('true', { lock })).toMatchObject({ exitCode: 0 });
  });
});

describe('interrupting', () => {
  it('lets the tool clean up, waits for it, and rejects with the reason', async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const script = `trap 'sleep 0.3; touch ${folder}/clean; exit 1' INT; echo ready; while :; do sleep 0.05; done`;
    const { ended } = await started(script, { signal: stop.signal });
    const reason = new Error('told to stop');
    stop.abort(reason);
    await expect(ended).rejects.toBe(reason);
    expect(await readFile(join(folder, 'clean'), 'utf8')).toBe('');
  });

  const DEAF = "trap '' INT TERM; echo $$; while :; do sleep 0.05; done";

  it('waits for a tool that does not listen, which has its lock until it ends', async () => {
    const lock = join(await temporaryFolder(), 'lock');
    const stop = new AbortController();
    const { line: pid, ended } = await started(DEAF, { lock, signal: stop.signal, cleanUpMs: 600_000 });
    stop.abort(new Error('told to stop'));
    await expect(shell('true', { lock })).rejects.toMatchObject({ type: 'Busy' });
    process.kill(Number(pid), 'SIGKILL');
    await expect(ended).rejects.toThrow('told to stop');
    expect(await shell('true', { lock })).toMatchObject({ exitCode: 0 });
  });

  it('kills a tool that does not listen once its time is over, and its lock is free', async () => {
    const lock = join(await temporaryFolder(), 'lock');
    const stop = new AbortController();
    const { line: pid, ended } = await started(DEAF, { lock, signal: stop.signal, cleanUpMs: 300 });
    stop.abort(new Error('told to stop'));
    await expect(ended).rejects.toThrow('told to stop');
    expect(await isGone(pid)).toBe(true);
    expect(await shell('true', { lock })).toMatchObject({ exitCode: 0 });
  });

  it('before the start starts nothing', async () => {
    const folder = await temporaryFolder();
    const reason = new Error('too late');
    await expect(shell(`touch ${folder}/started`, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    await expect(readFile(join(folder, 'started'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('counts, although the tool says that all went well', async () => {
    const stop = new AbortController();
    const { ended } = await started("trap 'exit 0' INT; echo ready; while :; do sleep 0.05; done", {
      signal: stop.signal,
    });
    stop.abort(new Error('told to stop'));
    await expect(ended).rejects.toThrow('told to stop');
  });

  it('is what a callback does by throwing', async () => {
    const pids: string[] = [];
    const call = shell('echo $$; exec sleep 600', {
      onStdout: (line) => {
        pids.push(line);
        throw new Error('not what was expected');
      },
    });
    await expect(call).rejects.toThrow('not what was expected');
    expect(await isGone(pids[0] ?? '')).toBe(true);
  });
});

describe('a worker that is killed', () => {
  it('takes its tool with it, and the lock is free again', async () => {
    const lock = join(await temporaryFolder(), 'lock');
    const tool = pathToFileURL(compiled('src/adapters/tool.js')).href;
    const call = { file: '/bin/sh', args: ['-c', 'echo $$; exec sleep 600'], lock };
    const program = `import { runTool } from ${JSON.stringify(tool)};
      await runTool({ ...${JSON.stringify(call)}, onStdout: (line) => process.stdout.write(line + '\\n') });`;
    const worker = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(createInterface(worker.stdout), 'line')) as [string];
    await expect(shell('true', { lock })).rejects.toMatchObject({ type: 'Busy' });

    worker.kill('SIGKILL');

    await until(() => isGone(pid));
    expect(await shell('true', { lock })).toMatchObject({ exitCode: 0 });
  });
});
