import { existsSync } from 'node:fs';
import { rename, rm, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { b2Bed } from '../../support/mirror-b2-bed.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

describe('a name that changes its kind', () => {
  it.each(['b2', 'local'])('is in the remote as it is in the source after two runs: %s', async (kind) => {
    const bed = kind === 'b2' ? await b2Bed() : await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ file: 'f', 'folder/in': 'in', link: 'lin', Case: 'case', stays: 'stays' });
    await work.run();
    for (const name of ['file', 'folder', 'link']) await rm(join(bed.root, name), { recursive: true });
    await rename(join(bed.root, 'Case'), join(bed.root, 'case'));
    await bed.write({ 'file/below': 'below it', folder: 'now a file' });
    await symlink('stays', join(bed.root, 'link'));
    await work.run();
    await work.run();
    const last = await bed.plan();
    expect(await bed.names()).toEqual({});
    expect(last.remote.files).toBe(5);
  });
});

it('a link that is excluded is not in the mirror', async () => {
  const bed = await mirrorBed();
  await bed.write({ file: '' });
  await symlink('file', join(bed.root, 'link'));
  await bed.plan({ exclude: ['link'] });
  expect(await bed.names()).toEqual({ 'new-1': ['file'] });
});

it('files of which only the time changed are set right without sending them again', async () => {
  const bed = await b2Bed();
  const work = await mirrorAtWork(bed);
  await bed.write({ a: 'aaa', b: 'bbb', c: '' });
  await work.run();
  const uploads = bed.standIn.calls().byOperation.b2_upload_file ?? 0;
  await utimes(join(bed.root, 'a'), 1_000_000, 1_000_000);
  await utimes(join(bed.root, 'b'), 4_000_000_000, 4_000_000_000);
  await utimes(join(bed.root, 'c'), -5, -5);
  const { uploaded } = await work.run();
  expect(uploaded.transferred.bytes).toBe(0);
  expect((bed.standIn.calls().byOperation.b2_upload_file ?? 0) - uploads).toBeLessThanOrEqual(1 + 3); // the manifest
  await bed.plan();
  expect(await bed.names()).toEqual({});
});

/** A filesystem that keeps any time, as btrfs does; others keep none after 2446 or 2486. */
const TMPFS = '/dev/shm';

describe.skipIf(!existsSync(TMPFS))('a time that is in no calendar of ours', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each(['b2', 'local'])('stops no mirror, and is the same in the next one: %s', async (kind) => {
    vi.stubEnv('TMPDIR', TMPFS);
    const bed = kind === 'b2' ? await b2Bed() : await mirrorBed();
    const work = await mirrorAtWork(bed);
    const times = { first: '-64300000000', late: '316500000000', last: '9000000000000' };
    for (const [name, seconds] of Object.entries(times)) {
      await bed.write({ [name]: name });
      await symlink(name, join(bed.root, `to-${name}`));
      await execa('touch', ['-h', '-d', `@${seconds}`, name, `to-${name}`], { cwd: bed.root });
    }
    const { uploaded } = await work.run();
    expect(uploaded.transferred.files).toBe(6);
    await bed.plan();
    expect(await bed.names()).toEqual({});
  });
});
