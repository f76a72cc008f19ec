import { appendFileSync, truncateSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { BUCKET, rclone } from '../../b2-stand-in/stand-in.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { b2Bed } from '../../support/mirror-b2-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';
import { makeQuickRepository } from '../../support/quick-repository.js';

describe('a restic repository on the volume', () => {
  const REPOSITORY = 'restic/r';
  const RESTIC = { RESTIC_PASSWORD: 'password', RESTIC_PROGRESS_FPS: '0' };
  const restic = (repository: string, ...args: string[]) =>
    execa('restic', ['--repo', repository, '--no-cache', ...args], { env: RESTIC, reject: false, all: true });

  async function repositoryBed() {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed, [REPOSITORY]);
    const repository = join(bed.root, REPOSITORY);
    await makeQuickRepository(repository, 'password');
    await mkdir(join(bed.folder, 'input'));
    for (const name of ['one', 'two']) await writeFile(join(bed.folder, 'input', name), name);
    await restic(repository, 'backup', join(bed.folder, 'input'));
    const opens = async (): Promise<string | undefined> => {
      const copy = join(bed.folder, 'back');
      await rm(copy, { recursive: true, force: true });
      await rclone(bed.standIn, ['copy', `b2:${BUCKET}/mirror/${REPOSITORY}`, copy]);
      await mkdir(join(copy, 'snapshots'), { recursive: true });
      const { exitCode, all } = await restic(copy, 'check', '--read-data');
      return exitCode === 0 ? undefined : all;
    };
    const packs = async (): Promise<string[]> => {
      const { stdout } = await execa('find', [`${REPOSITORY}/data`, '-type', 'f'], { cwd: bed.root });
      return stdout.split('\n').sort();
    };
    return { ...bed, work, repository, opens, packs };
  }

  it('opens from the mirror though one of its packs could not be brought there', async () => {
    const bed = await repositoryBed();
    await bed.work.run();
    const before = await bed.packs();
    await writeFile(join(bed.folder, 'input', 'second'), 'second');
    await restic(bed.repository, 'backup', join(bed.folder, 'input'));
    const [fresh = ''] = (await bed.packs()).filter((pack) => !before.includes(pack));
    bed.refuse('b2_upload_file', fresh);
    const { uploaded } = await bed.work.run();
    expect(uploaded).toMatchObject({ unreadable: { count: 1 }, postponed: [REPOSITORY] });
    expect(await bed.opens()).toBeUndefined();
    bed.standIn.faults.clear();
    await bed.work.run();
    expect(await bed.opens()).toBeUndefined();
    expect((await bed.remoteNames()).filter((name) => name.includes('/snapshots/'))).toHaveLength(2);
  });

  it('opens from the mirror though what replaces a pruned pack could not be brought there', async () => {
    const bed = await repositoryBed();
    await bed.work.run();
    await rm(join(bed.folder, 'input/one'));
    await restic(bed.repository, 'backup', join(bed.folder, 'input'));
    const before = await bed.packs();
    await restic(bed.repository, 'forget', '--keep-last', '1', '--prune', '--max-unused', '0');
    for (const pack of (await bed.packs()).filter((it) => !before.includes(it))) {
      bed.refuse('b2_upload_file', pack);
    }
    await bed.work.run();
    expect(await bed.opens()).toBeUndefined();
  });

  it('opens from the mirror though a folder of packs may not be entered', async () => {
    const bed = await repositoryBed();
    await bed.work.run();
    const before = await bed.packs();
    await writeFile(join(bed.folder, 'input', 'second'), 'second');
    await restic(bed.repository, 'backup', join(bed.folder, 'input'));
    const fresh = (await bed.packs()).filter((pack) => !before.includes(pack));
    await bed.withoutCapabilities();
    for (const pack of fresh) {
      await execa('chown', ['65534', dirname(join(bed.root, pack))]);
      await chmod(dirname(join(bed.root, pack)), 0);
    }
    const { uploaded } = await bed.work.run();
    expect(uploaded.postponed).toEqual([REPOSITORY]);
    expect(await bed.opens()).toBeUndefined();
  });
});

describe('a file that could not be brought there under its new name', () => {
  it('keeps its old one', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ 'old/film': 'the only copy', 'old/other': 'gone for good, whatever fails' });
    await work.run();
    await rename(join(bed.root, 'old'), join(bed.root, 'new'));
    await rm(join(bed.root, 'new/other'));
    bed.refuse('b2_upload_file', 'new/film');
    await work.run();
    expect(await bed.remoteNames()).toEqual(['old/film']);
    bed.standIn.faults.clear();
    await work.run();
    expect(await bed.remoteNames()).toEqual(['new/film']);
  });
});

describe('a file that cannot be read as a whole', () => {
  it('is named, and all others go up: one that the worker may not open', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ secret: 'secret', other: 'o' });
    await execa('chown', ['65534', join(bed.root, 'secret')]);
    await chmod(join(bed.root, 'secret'), 0);
    await bed.withoutCapabilities();
    const { plan, uploaded } = await work.run();
    expect(uploaded.unreadable).toMatchObject({ count: 1, first: [{ path: 'secret' }] });
    expect(await bed.remoteNames()).toEqual(['other']);
    expect(await work.verify(plan)).toMatchObject({ files: 1 });
  });

  it.each([
    ['grows', (log: string) => appendFileSync(log, 'more')],
    ['is cut off', (log: string) => truncateSync(log)],
  ])('is named, and has in the remote what it was at one time: one that %s', async (_, change) => {
    const before = 'before';
    const large = 'x'.repeat(64_000_000); // more than rclone and a socket hold, so that the rest is read after the change
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ log: before, other: 'o' });
    await work.run();
    await bed.write({ log: large });
    bed.beforeUpload('log', () => change(join(bed.root, 'log')));
    const { uploaded } = await work.run();
    const there = String((await rclone(bed.standIn, ['cat', `b2:${BUCKET}/mirror/log`])).stdout);
    expect(uploaded.unreadable).toMatchObject({ count: 1, first: [{ path: 'log' }] });
    expect([before, large].includes(there)).toBe(true);
    bed.standIn.faults.clear();
    await work.run();
    const later = String((await rclone(bed.standIn, ['cat', `b2:${BUCKET}/mirror/log`])).stdout);
    expect(later === (await readFile(join(bed.root, 'log'), 'utf8'))).toBe(true);
  });
});

it('on a disk, a folder of the remote that became a file is told by its own name, and goes up the next time', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ 'd/x': 'x', keep: 'k', more: 'm' });
  await work.run();
  await rm(join(bed.root, 'd'), { recursive: true });
  await bed.write({ d: 'a file by now' });
  const { plan, uploaded } = await work.run();
  expect(uploaded).toMatchObject({ unreadable: { count: 1, first: [{ path: 'd' }] } });
  expect((await work.verify(plan, 'nothing')).files).toBeGreaterThan(0);
  await work.run();
  expect(await readFile(join(bed.copy, 'd'), 'utf8')).toBe('a file by now');
});
