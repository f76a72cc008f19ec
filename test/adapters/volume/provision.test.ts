import { chmod, cp, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProvisionStep } from '../../../src/adapters/volume/provision.js';
import { readVolumeRecord } from '../../../src/adapters/volume/record.js';
import { makeVolumeEstate, type VolumeEstate } from '../../support/volume-estate.js';

const isRoot = process.getuid?.() === 0;
const WRITE = { write: true };

let test: VolumeEstate;
afterEach(() => test.remove());

describe('provisioning a directory volume', () => {
  beforeEach(async () => {
    test = await makeVolumeEstate({ volume: { directories: ['active', '.policy', 'deep/er'] } });
  });

  it('makes folder, declared folders, sentinel and record', async () => {
    expect(await test.provision()).toEqual({
      volume: 'flux',
      mountpoint: test.mountpoint,
      filesystemUuid: null,
      created: true,
      directories: { made: ['active', '.policy', 'deep/er'], present: [] },
      notes: [],
    });
    expect((await readdir(test.mountpoint)).sort()).toEqual([
      '.fts',
      '.fts-volume',
      '.policy',
      'active',
      'deep',
    ]);
    const sentinel = await test.readSentinel();
    expect(sentinel).toEqual({
      estate: 'testbed',
      volume: 'flux',
      filesystemUuid: null,
      created: sentinel.created,
    });
    expect(new Date(String(sentinel.created)).toISOString()).toBe(sentinel.created);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('changes nothing the second time', async () => {
    await test.provision();
    const before = await test.everything();
    expect(await test.provision()).toMatchObject({
      created: false,
      directories: { made: [], present: ['active', '.policy', 'deep/er'] },
      notes: [],
    });
    expect(await test.everything()).toEqual(before);
  });

  it('keeps what is in a folder that is there already, and makes what is missing', async () => {
    await mkdir(join(test.mountpoint, 'active'), { recursive: true });
    await writeFile(join(test.mountpoint, 'active', 'work'), 'mine');
    expect(await test.provision()).toMatchObject({
      created: true,
      directories: { made: ['.policy', 'deep/er'], present: ['active'] },
    });
    expect(await readdir(join(test.mountpoint, 'active'))).toEqual(['work']);
  });

  const steps: ProvisionStep[] = ['root', 'folders', 'owner', 'sentinel', 'record'];
  it.each(steps)(
    'can break off after step "%s": no job gets in too early, and the next run completes it',
    async (last) => {
      const broken = test.provision((step) => {
        if (step === last) throw new Error('power cut');
      });
      await expect(broken).rejects.toThrow('power cut');
      const { state } = await test.guard.inspect('flux', WRITE);
      expect(state).toBe(last === 'record' ? 'healthy' : 'wrong');
      await test.provision();
      expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
    },
  );

  it('is not disturbed by the draft of a sentinel that a crash left behind', async () => {
    await mkdir(test.mountpoint);
    await writeFile(`${test.sentinel}.new`, '{"estate":"te');
    await test.provision();
    expect(await readdir(test.mountpoint)).not.toContain('.fts-volume.new');
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('puts back a sentinel that was removed, and says so', async () => {
    await test.provision();
    await rm(test.sentinel);
    expect(await test.provision()).toMatchObject({
      created: true,
      notes: ['its sentinel was gone and was written anew'],
    });
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('adopts a volume that another installation of the host made, and says so', async () => {
    await test.provision();
    await test.state.remove('volumes/flux.json');
    const { created, notes } = await test.provision();
    expect(created).toBe(false);
    expect(notes.join()).toContain('this host adopted it');
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('takes a copy in the place of the old one only because the operator asks, and says so', async () => {
    await test.provision();
    await rename(test.mountpoint, `${test.mountpoint}.original`);
    await cp(`${test.mountpoint}.original`, test.mountpoint, { recursive: true });
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'wrong' });
    const { created, notes } = await test.provision();
    expect(created).toBe(false);
    expect(notes.join()).toContain('from now on this one is the volume');
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({ state: 'healthy' });
  });

  it('remembers when a volume began empty, and forgets it with what the operator puts there instead', async () => {
    const emptyAt = async () => (await readVolumeRecord(test.state, 'flux'))?.emptyAt;
    await test.provision();
    const { created } = await test.readSentinel();
    expect(await emptyAt()).toBe(created);
    await writeFile(join(test.mountpoint, 'mine'), 'x');
    await test.provision();
    expect(await emptyAt()).toBe(created);
    await rm(test.sentinel);
    await test.provision();
    expect(await emptyAt()).toBeUndefined();
  });

  it('takes another drive for a lost one because the operator asks, says so, and remembers that it was empty', async () => {
    await test.provision();
    await writeFile(join(test.mountpoint, 'mine'), 'x');
    await rename(test.mountpoint, `${test.mountpoint}.lost`);
    await mkdir(test.mountpoint);
    expect(await test.guard.inspect('flux', WRITE)).toMatchObject({
      hint: expect.stringContaining('run `fts provision flux`') as string,
    });
    const { notes } = await test.provision();
    expect(notes.join()).toContain('from now on this one is the volume');
    const { created } = await test.readSentinel();
    expect(await readVolumeRecord(test.state, 'flux')).toMatchObject({ created, emptyAt: created });
  });

  it('does not put an empty folder in the place of one that this host knows and that is gone', async () => {
    await test.provision();
    await rename(test.mountpoint, `${test.mountpoint}.away`);
    await expect(test.provision()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    await expect(lstat(test.mountpoint)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['another volume', { volume: 'space' }],
    ['another estate', { estate: 'other' }],
  ])('refuses a folder whose sentinel belongs to %s, and changes nothing', async (_, change) => {
    await test.provision();
    await test.state.remove('volumes/flux.json');
    await writeFile(test.sentinel, JSON.stringify({ ...(await test.readSentinel()), ...change }));
    const before = await test.everything();
    await expect(test.provision()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    expect(await test.everything()).toEqual(before);
  });

  it('refuses a damaged sentinel, says what to do, and changes nothing', async () => {
    await mkdir(test.mountpoint);
    await writeFile(test.sentinel, 'x');
    const before = await test.everything();
    const hint = `look at ${test.sentinel}; if nothing in it is worth keeping, remove it and provision again`;
    await expect(test.provision()).rejects.toMatchObject({ type: 'VolumeUnavailable', hint });
    expect(await test.everything()).toEqual(before);
  });

  it('refuses a sentinel that is a FIFO', async () => {
    await mkdir(test.mountpoint);
    await execa('mkfifo', [test.sentinel]);
    await expect(test.provision()).rejects.toMatchObject({ type: 'PathUnsafe' });
  });

  it('refuses a link in the place of its folder', async () => {
    await mkdir(join(test.folder, 'elsewhere'));
    await symlink(join(test.folder, 'elsewhere'), test.mountpoint);
    await expect(test.provision()).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await readdir(join(test.folder, 'elsewhere'))).toEqual([]);
  });

  it('refuses a file in the place of its folder', async () => {
    await writeFile(test.mountpoint, '');
    await expect(test.provision()).rejects.toMatchObject({ type: 'PathUnsafe' });
  });

  it.each(['active', '.fts', 'deep'])(
    'refuses a link in the place of %s, before the sentinel is written',
    async (name) => {
      await mkdir(test.mountpoint);
      await mkdir(join(test.folder, 'elsewhere'));
      await symlink(join(test.folder, 'elsewhere'), join(test.mountpoint, name));
      await expect(test.provision()).rejects.toMatchObject({ type: 'PathUnsafe' });
      await expect(lstat(test.sentinel)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await readdir(join(test.folder, 'elsewhere'))).toEqual([]);
    },
  );

  it('does not guess when the record is damaged', async () => {
    await test.provision();
    await writeFile(test.state.path('volumes/flux.json'), 'x');
    await expect(test.provision()).rejects.toMatchObject({ type: 'StateCorrupt' });
  });

  it.skipIf(isRoot)('says so when the user may not make the folder', async () => {
    await chmod(test.folder, 0o500);
    const provisioned = test.provision();
    await expect(provisioned).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    await chmod(test.folder, 0o700);
  });
});

describe('the owner', () => {
  it.runIf(isRoot)('gets the folders, once, and what is in them stays as it is', async () => {
    test = await makeVolumeEstate({ volume: { owner: 'daemon', directories: ['a/b'] } });
    await mkdir(join(test.mountpoint, 'a', 'b'), { recursive: true });
    await writeFile(join(test.mountpoint, 'a', 'file'), '');
    expect(await test.provision()).toMatchObject({ notes: [] });
    const { stdout } = await execa('id', ['-u', 'daemon']);
    for (const name of ['.', 'a', 'a/b', '.fts']) {
      expect(await lstat(join(test.mountpoint, name))).toMatchObject({ uid: Number(stdout) });
    }
    expect(await lstat(join(test.mountpoint, 'a', 'file'))).toMatchObject({ uid: 0 });
    const before = await test.everything();
    await test.provision();
    expect(await test.everything()).toEqual(before);
  });

  it.skipIf(isRoot)('is left to root otherwise, with a note', async () => {
    test = await makeVolumeEstate({ volume: { owner: 'root' } });
    expect((await test.provision()).notes.join()).toContain('only root can give folders to root');
  });

  it.each(['nobody-of-that-name', '--help'])('that this host does not know (%s) is a note', async (owner) => {
    test = await makeVolumeEstate({ volume: { owner } });
    expect((await test.provision()).notes.join()).toContain(`there is no user ${owner} on this host`);
  });
});
