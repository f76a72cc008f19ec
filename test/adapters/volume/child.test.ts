import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runChild } from '../../../src/adapters/volume/child.js';
import { until } from '../../support/until.js';

const MINUTE = { key: 'test', deadlineMs: 60_000 };

it('tells what a child said and how it ended', async () => {
  const program = 'console.log("out"); console.error("err"); process.exitCode = 3';
  expect(await runChild(process.execPath, ['-e', program], MINUTE)).toEqual({
    kind: 'ended',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
});

it('gives a child nothing of the environment but where programs are', async () => {
  process.env.FTS_TEST_SECRET = 'hunter2';
  const end = await runChild('env', [], MINUTE);
  delete process.env.FTS_TEST_SECRET;
  expect(end).toMatchObject({ kind: 'ended', stdout: expect.not.stringContaining('hunter2') as string });
});

it('says so when there is no such program', async () => {
  expect(await runChild('no-such-program', [], MINUTE)).toMatchObject({ kind: 'not-started' });
});

it('gives up a child that does not answer, with whatever it started', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fts-child-'));
  const pidFile = join(folder, 'pid');
  const script = `sh -c 'echo $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}; kill -STOP $$' & kill -STOP $$`;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const end = runChild('sh', ['-c', script], { key: 'stopped', deadlineMs: 2000 });
  const pid = await until(async () => Number(await readFile(pidFile, 'utf8')));
  expect(await isRunning(pid)).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(await end).toEqual({ kind: 'hung' });
  vi.useRealTimers();
  await expect.poll(() => isRunning(pid)).toBe(false);
  await rm(folder, { recursive: true });
});

async function isRunning(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    return !stat.includes(') Z ');
  } catch {
    return false;
  }
}
