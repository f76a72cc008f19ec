import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compiled } from '../support/fts.js';
import { until } from '../support/until.js';
import { markOf, programsOf } from './processes.js';

const asleep = (name: string, more: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', name], {
    env: { ...process.env, ...more },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};

it('a program of a world has its mark; whoever only names its folder is not looked at, and not killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fts-faults-'));
  const ours = asleep('ours', markOf(folder));
  const theirs = asleep(join(folder, 'logs'));
  const nextDoor = asleep('next door', markOf(`${folder}-2`));
  await until(() => programsOf(folder).length > 0 && programsOf(`${folder}-2`).length > 0);
  expect(programsOf(folder).map(({ pid }) => pid)).toEqual([ours.pid]);

  const janitor = spawn(process.execPath, [compiled('test/faults/janitor.js')], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  janitor.stdin.end(`folder ${folder}\n`);
  expect(await once(janitor, 'exit')).toEqual([0, null]);
  await until(() => ours.signalCode === 'SIGKILL');
  for (const other of [theirs, nextDoor]) expect([other.exitCode, other.signalCode]).toEqual([null, null]);
});
