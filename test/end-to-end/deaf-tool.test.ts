import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { answer } from '../cli/fts.js';
import { fakeTool } from '../support/fake-tool.js';
import { type RunningEstate, isRunning, startEstate } from '../support/running-estate.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;

let estate: RunningEstate;
let signs: string;

async function start(): Promise<void> {
  estate = await startEstate();
  await writeFile(join(estate.flux, 'file'), 'content');
  expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
  await writeFile(join(signs, 'deaf'), '');
}

const deafPid = (): Promise<number> =>
  until(async () => Number(await readFile(join(signs, 'pid'), 'utf8')) || undefined);

/** A restic that, asked for a backup in the presence of `deaf`, ends when `enough` is there, and for no SIGINT. */
beforeEach(async () => {
  signs = await temporaryFolder();
  const { path } = await findTool('restic');
  const deaf = `trap '' INT; echo $$ > ${signs}/pid; while [ ! -e ${signs}/enough ]; do sleep 0.1; done; exit 1`;
  const script = `case " $* " in *" backup "*) if [ -e ${signs}/deaf ]; then ${deaf}; fi;; esac\nexec ${path} "$@"`;
  await fakeTool(join(signs, 'bin'), 'restic', script);
  vi.stubEnv('PATH', [join(signs, 'bin'), process.env.PATH].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await estate.remove();
});

it(
  '`fts cancel` tells that a tool does not listen, returns when it has ended, and its lock is free',
  async () => {
    await start();
    const following = estate.follow('run', 'save', '--json');
    const pid = await deafPid();
    const cancelling = estate.follow('cancel', 'save');
    await cancelling.untilStderr(/asked to end; a tool that has not ended after 120 s is killed/);
    expect(await isRunning(pid)).toBe(true);
    expect(cancelling.child.exitCode).toBeNull();

    await writeFile(join(signs, 'enough'), '');
    expect((await cancelling.ended).exitCode).toBe(0);
    expect(await isRunning(pid)).toBe(false);
    expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled', result: null });
  },
  PATIENCE_MS,
);

it(
  'one that never ends is killed when its patience is over, its lock is free, and the next run completes',
  async () => {
    const preload = join(signs, 'shortened.mjs');
    await writeFile(preload, "globalThis[Symbol.for('fts.tool-clean-up')] = 3000;\n");
    vi.stubEnv('NODE_OPTIONS', `--import ${preload}`);
    await start();
    const following = estate.follow('run', 'save', '--json');
    const pid = await deafPid();
    const { exitCode } = await estate.fts('cancel', 'save');
    expect(exitCode).toBe(0);
    expect(await isRunning(pid)).toBe(false);
    expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled', result: null });

    await rm(join(signs, 'deaf'));
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    expect(await estate.restic('list', 'locks')).toBe('');
  },
  PATIENCE_MS,
);
