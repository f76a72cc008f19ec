import { lstat, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { type RunningEstate, startEstate } from '../support/running-estate.js';

/** What the jobs here take for old, and a wait after which everything made before is (milliseconds). */
const OLD = '0.2s';
const AGEING_MS = 400;

let estate: RunningEstate;
let key: string;

beforeAll(async () => {
  estate = await startEstate();
  key = join(estate.folder, 'operator');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mike@desk', '-f', key]);
  const file = join(estate.folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as { jobs: object };
  const purge = (path: string, limits?: object) => ({
    kind: 'purge',
    path: `flux/${path}`,
    olderThan: OLD,
    limits,
  });
  const jobs = {
    ...declared.jobs,
    free: purge('free'),
    tight: purge('tight', { deletes: 2 }),
    signed: purge('signed', { deletes: 0 }),
    gone: purge('gone', { deletes: 0 }),
  };
  const operators = { mike: (await readFile(`${key}.pub`, 'utf8')).trim() };
  await writeFile(file, stringify({ ...declared, jobs, operators }));
});
afterAll(() => estate.remove());

/** Makes so many old files of 100 bytes in a folder of the volume. */
async function fill(folder: string, count: number): Promise<void> {
  await mkdir(join(estate.flux, folder, 'sub'), { recursive: true });
  for (let i = 0; i < count; i += 1) {
    await writeFile(join(estate.flux, folder, 'sub', `file-${String(i)}`), 'x'.repeat(100));
  }
  await sleep(AGEING_MS); // age is what is tested
}

const left = (folder: string): Promise<string[]> => readdir(join(estate.flux, folder, 'sub')).catch(() => []);

const approve = async (...args: string[]) => {
  const exit = await estate.fts('approve', ...args, '--json');
  return { ...answer(exit), exitCode: exit.exitCode };
};

describe('a purge', () => {
  it('deletes what is old, keeps its folder, and is complete with zeros the second time', async () => {
    await fill('free', 3);
    const run = await estate.run('free');
    expect(run).toMatchObject({
      outcome: 'complete',
      kind: 'purge',
      result: { deleted: { files: 3, bytes: 300 } },
    });
    expect(await readdir(join(estate.flux, 'free'))).toEqual([]);
    const again = await estate.run('free');
    expect(again).toMatchObject({ outcome: 'complete', result: { deleted: { files: 0, bytes: 0 } } });
  });

  it('of a folder that is not there fails at once', async () => {
    expect(await estate.run('gone')).toMatchObject({ outcome: 'failed', error: { type: 'PathMissing' } });
  });
});

describe('a purge beyond its limits', () => {
  it('is held, shows it, and passes once approved: once', async () => {
    await fill('tight', 3);
    const held = await estate.fts('run', 'tight', '--json');
    expect(held.exitCode).toBe(4);
    const { result } = answer(held) as {
      result: { hold: { approveWith: string; planHash: string; reason: string } };
    };
    expect(result).toMatchObject({
      deleted: { files: 0, bytes: 0 },
      hold: { reason: expect.stringContaining('3 files') as string },
    });
    expect(await left('tight')).toHaveLength(3);

    const status = answer(await estate.fts('status', '--json')) as { jobs: { job: string }[] };
    expect(status.jobs.find(({ job }) => job === 'tight')).toMatchObject({ state: 'held', result });

    const [, command = '', ...args] = result.hold.approveWith.split(' ');
    const approved = await estate.fts(command, ...args, '--json');
    expect(answer(approved)).toMatchObject({
      outcome: 'complete',
      result: { deleted: { files: 3, bytes: 300 } },
    });
    expect(approved.exitCode).toBe(0);
    expect(await left('tight')).toEqual([]);

    await fill('tight', 3);
    expect(await estate.run('tight')).toMatchObject({ outcome: 'held' });
  });

  it('is held again when the approval does not reach so far', async () => {
    await fill('tight', 3);
    expect(await estate.run('tight')).toMatchObject({ outcome: 'held' });
    expect(await approve('tight', '--max-files', '2')).toMatchObject({ outcome: 'held', exitCode: 4 });
    expect(await approve('tight', '--max-bytes', '299')).toMatchObject({ outcome: 'held', exitCode: 4 });
    expect(await approve('tight', '--prefix', 'su')).toMatchObject({ outcome: 'held', exitCode: 4 });
    const told = await estate.fts('approve', 'tight', '--prefix', 'su', '--max-files', '9');
    expect(told.stderr).toMatch(/^Approved for tight: whatever is under su, 9 files at most\.$/m);
    expect((await estate.fts('approve', 'tight', '--prefix', '')).exitCode).toBe(2);
    await fill('tight', 4);
    expect(await approve('tight')).toMatchObject({ outcome: 'held', exitCode: 4 });
    expect(await left('tight')).toHaveLength(4);
    const bounds = ['--prefix', 'sub', '--max-files', '4', '--max-bytes', '400B'];
    expect(await approve('tight', ...bounds)).toMatchObject({ outcome: 'complete', exitCode: 0 });
  });

  it('cannot be approved when it was rejected, or when nothing is held', async () => {
    await fill('tight', 3);
    expect(await estate.run('tight')).toMatchObject({ outcome: 'held' });
    expect((await estate.fts('reject', 'tight')).exitCode).toBe(0);
    const advice = (await estate.fts('status')).stdout;
    expect(advice).toMatch(/tight was held .* and rejected .*`fts run tight` plans anew/);
    expect(advice).not.toContain('fts approve tight');
    const status = answer(await estate.fts('status', '--json')) as { jobs: { job: string }[] };
    expect(status.jobs.find(({ job }) => job === 'tight')).toMatchObject({
      state: 'held',
      hold: { rejectedAt: expect.any(String) as string },
    });
    expect((await estate.fts('approve', 'tight')).exitCode).toBe(2);
    expect((await estate.fts('reject', 'tight')).exitCode).toBe(2);
    expect(await left('tight')).toHaveLength(3);
    expect(await estate.run('tight')).toMatchObject({ outcome: 'held' });
    const again = answer(await estate.fts('status', '--json')) as { jobs: { job: string }[] };
    expect(again.jobs.find(({ job }) => job === 'tight')).toMatchObject({
      state: 'held',
      hold: { rejectedAt: null },
    });
  });

  it('passes with the signature of an operator, and with no other', async () => {
    await fill('signed', 1);
    expect(await estate.run('signed')).toMatchObject({ outcome: 'held' });
    const other = join(estate.folder, 'other');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    expect(await approve('signed', '--key', other)).toMatchObject({
      outcome: 'failed',
      error: { type: 'ApprovalInvalid' },
    });
    expect(await left('signed')).toHaveLength(1);
    expect(await estate.run('signed')).toMatchObject({ outcome: 'held' });
    expect(await approve('signed', '--key', key)).toMatchObject({ outcome: 'complete', exitCode: 0 });
    await expect(lstat(join(estate.flux, 'signed', 'sub'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
