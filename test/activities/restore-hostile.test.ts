import { once } from 'node:events';
import { appendFile, link, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { undoLines } from '../../src/cli/restore-summary.js';
import { loadEstate } from '../../src/estate/load.js';
import { restoreDeclaration } from '../../src/estate/restore-declaration.js';
import { HOSTILE_NAMES } from '../support/hostile-names.js';
import { canMount } from '../support/loop-device.js';
import { PASSWORD } from '../support/restic-estate.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const BAD = Buffer.from([0x62, 0x61, 0x64, 0xff, 0x0a, 0x2d]);

let bed: RestoreEstate;
let before: Record<string, string>;
let roots: string;
let first: string;
beforeAll(async () => {
  bed = await makeRestoreEstate();
  roots = join(bed.folder, 'roots');
  await mkdir(roots);
  await readFile(bed.file, 'utf8').then((text) =>
    writeFile(bed.file, `${text}restoreRoots:\n  here: ["${roots}"]\n`),
  );
  await fill(bed.thesis);
  before = await treeOf(bed.thesis);
  first = await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

/** Everything that a restore can lose. */
async function fill(path: string): Promise<void> {
  for (const name of HOSTILE_NAMES) await writeFile(join(path, name), `content of ${name}`);
  for (const name of [BAD, Buffer.from('badx\n-')])
    await writeFile(Buffer.concat([Buffer.from(`${path}/`), name]), name);
  await link(join(path, 'notes'), join(path, 'deep', 'same'));
  await symlink('/nowhere', join(path, 'dangling'));
  await execa('touch', ['-h', '-d', '2009-02-13 23:31:30.123456789', join(path, 'dangling')]);
  await execa('truncate', ['--size', '8M', join(path, 'holes')]);
  await execa('mkfifo', [join(path, 'pipe')]);
  await execa('chown', ['-h', '1234:2345', join(path, 'dangling'), join(path, 'notes')]);
  const attribute = "import os,sys; os.setxattr(sys.argv[1], 'user.tag', b'\\x00\\xff')";
  await execa('python3', ['-c', attribute, join(path, 'notes')]);
  await execa('chmod', ['2751', join(path, 'deep')]);
  await execa('touch', ['-d', '1965-12-13 14:15:16.123456789', join(path, 'deep', 'er', 'data')]);
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', join(path, 'notes'), join(path, 'deep')]);
}

const attributeOf = async (path: string): Promise<string> =>
  (await execa('python3', ['-c', "import os,sys; print(os.getxattr(sys.argv[1], 'user.tag'))", path])).stdout;

const inPlace = { target: { kind: 'in-place', conflict: 'replace' } } as const;

describe('what is restored', () => {
  it('has all it had: odd names, owners, modes, times, attributes, links, holes', async () => {
    const { target, restored } = await bed.restore();
    expect(await treeOf(target)).toEqual(before);
    expect(restored.files).toBe(Object.keys(before).length - 2);
    expect(await attributeOf(join(target, 'notes'))).toBe("b'\\x00\\xff'");
    const { stdout: blocks } = await execa('stat', ['-c', '%b', join(target, 'holes')]);
    expect(Number(blocks)).toBeLessThan(1000);
  });

  it('has it in place too, whatever became of it', async () => {
    for (const name of await readdir(bed.thesis, { encoding: 'buffer' })) {
      const path = Buffer.concat([Buffer.from(`${bed.thesis}/`), name]);
      await rename(path, Buffer.concat([path, Buffer.from('~')])).catch(() => undefined);
      if (!['deep', 'holes'].includes(name.toString())) await writeFile(path, 'overwritten');
    }
    const { conflicts, replaced } = await bed.restore(inPlace);
    expect(conflicts.count).toBe(HOSTILE_NAMES.length + 5);
    expect(replaced.files).toBe(conflicts.count);
    for (const name of await readdir(bed.thesis, { encoding: 'buffer' })) {
      if (name.at(-1) === 0x7e)
        await rm(Buffer.concat([Buffer.from(`${bed.thesis}/`), name]), { recursive: true });
    }
    const after = await treeOf(bed.thesis);
    expect(after).toEqual(before);
  });

  it('is what was named, of each odd name', async () => {
    const target = join(roots, 'names');
    const paths = HOSTILE_NAMES.map((name) => `flux/active/thesis/${name}`);
    await bed.restore({ paths, target: { kind: 'folder', folder: target } });
    expect((await readdir(target)).sort()).toEqual([...HOSTILE_NAMES].sort());
    for (const name of HOSTILE_NAMES)
      expect(await readFile(join(target, name), 'utf8')).toBe(`content of ${name}`);
  });

  it('may have a name that is not UTF-8, as it is printed', async () => {
    const { target, restored } = await bed.restore({ paths: [String.raw`flux/active/thesis/bad\xff\x0a-`] });
    expect(restored).toEqual({ files: 1, bytes: BAD.length });
    expect(await readdir(target.replace(/bad.*/, ''), { encoding: 'buffer' })).toHaveLength(
      (await readdir(bed.thesis)).length,
    );
    const beside = (await readdir(bed.thesis, { encoding: 'buffer' })).find((name) =>
      name.includes('restored'),
    );
    const folder = Buffer.concat([Buffer.from(`${bed.thesis}/`), beside ?? Buffer.alloc(0)]);
    expect(await readdir(folder, { encoding: 'buffer' })).toEqual([BAD]);
    await rm(bed.thesis, { recursive: true });
    await bed.restore({ ...inPlace, paths: [String.raw`flux/active/thesis/bad\xff\x0a-`] });
    expect(await readdir(bed.thesis, { encoding: 'buffer' })).toEqual([BAD]);
  });
});

describe('a snapshot that plain restic took', () => {
  it.each([
    ['of a folder above', (): string[] => [dirname(bed.flux)]],
    ['of a part', (): string[] => [bed.thesis]],
    ['of the volume at another place', (): string[] => [join(bed.folder, 'original')]],
  ])('%s is understood', async (_, paths) => {
    const id = await bed.backup('--tag', 'foreign', '--host', 'elsewhere', ...paths());
    const { target } = await bed.restore({ snapshot: id });
    expect(await treeOf(target)).toEqual(before);
  });

  it('in another zone, of devices and sockets too, is verified', async () => {
    const odd = join(bed.flux, 'odd');
    await execa('mkdir', [odd]);
    await execa('mknod', [join(odd, 'null'), 'c', '1', '3']);
    await execa('touch', ['-d', '2031-07-01 12:00:00.5', join(odd, 'later')]);
    const server = createServer().listen(join(odd, 'socket'));
    await once(server, 'listening');
    await execa('restic', ['--repo', bed.repository, 'backup', '-q', bed.flux], {
      env: { RESTIC_PASSWORD: PASSWORD, TZ: 'America/New_York' },
    });
    const { target, restored } = await bed.restore({ paths: ['flux/odd'] });
    server.close();
    expect(restored.files).toBe(2);
    expect((await readdir(target)).sort()).toEqual(['later', 'null']);
  });

  it('by a relative path is understood', async () => {
    await execa('restic', ['--repo', bed.repository, 'backup', '-q', '.'], {
      cwd: bed.flux,
      env: { RESTIC_PASSWORD: PASSWORD },
    });
    const { target } = await bed.restore();
    expect(await treeOf(target)).toEqual(before);
  });
});

describe('a restore refuses', () => {
  it('a link in the way, and follows none', async () => {
    const elsewhere = join(bed.folder, 'elsewhere');
    await mkdir(elsewhere, { recursive: true });
    await rm(join(bed.flux, 'active'), { recursive: true });
    await symlink(elsewhere, join(bed.flux, 'active'));
    await expect(bed.restore(inPlace)).rejects.toMatchObject({ type: 'PathUnsafe' });
    await expect(bed.restore()).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('a link in the way to a folder of restoreRoots', async () => {
    await symlink(bed.space, join(roots, 'linked'));
    await expect(
      bed.restore({ target: { kind: 'folder', folder: join(roots, 'linked', 'x') } }),
    ).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await readdir(bed.space)).not.toContain('x');
  });

  it('to publish what is not what the snapshot holds', async () => {
    const request = bed.requestOf();
    const staged = join(bed.flux, '.fts', 'restores', request.id, 'tree', 'active', 'thesis', 'notes');
    const restore = bed.restore(request, {
      onStep: (step) => (step === 'fetched' ? appendFile(staged, 'tampered') : undefined),
    });
    await expect(restore).rejects.toMatchObject({ type: 'VerificationFailed' });
    expect(await readdir(dirname(bed.thesis))).toEqual(['thesis']);
    await bed.discard(request.id);
    expect(await bed.staged()).toEqual([]);
  });

  it('what does not fit, before it writes', async () => {
    const everything = await bed.live();
    await expect(bed.restore({}, { freeBytes: 1000 })).rejects.toMatchObject({ type: 'DestinationFull' });
    await expect(bed.plan({}, { freeBytes: 1000 })).rejects.toMatchObject({ type: 'DestinationFull' });
    expect([await bed.live(), await bed.staged()]).toEqual([everything, []]);
  });

  it('a volume that is not there', async () => {
    const sentinel = join(bed.flux, '.fts-volume');
    await rename(sentinel, `${sentinel}.away`);
    onTestFinished(() => rename(`${sentinel}.away`, sentinel));
    await expect(bed.restore()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    expect(await readdir(dirname(bed.thesis))).toEqual(['thesis']);
  });

  it('two paths of one name in one folder', async () => {
    const paths = ['flux/active/thesis/notes', 'flux/active/thesis/deep/notes'];
    await writeFile(join(bed.thesis, 'deep', 'notes'), 'another');
    await bed.backup();
    await expect(
      bed.restore({ paths, target: { kind: 'folder', folder: join(roots, 'two') } }),
    ).rejects.toMatchObject({ type: 'RequestInvalid' });
  });
});

describe.skipIf(!canMount)('a disk that is full in the middle', () => {
  it('ends the restore, and leaves nothing of it', async () => {
    const small = join(roots, 'small');
    await mkdir(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
    onTestFinished(async () => {
      await execa('umount', [small]);
    });
    const text = await readFile(bed.file, 'utf8');
    await writeFile(bed.file, text.replace(`["${roots}"]`, `["${roots}", "${small}"]`));
    onTestFinished(() => writeFile(bed.file, text));
    const paths = ['flux/active/thesis/deep', 'flux/active/thesis/notes'];
    const request = bed.requestOf({ paths, target: { kind: 'folder', folder: join(small, 'x') } });
    const restore = bed.restore(request, {
      onStep: async (step) => {
        if (step === 'staging-made')
          await execa('fallocate', ['-l', '2088960', join(small, 'ballast')], { reject: false });
      },
    });
    await expect(restore).rejects.toMatchObject({ type: 'DestinationFull', nonRetryable: true });
    await bed.discard(request.id);
    expect(await readdir(small)).toEqual(['ballast']);
  });
});

describe.skipIf(!canMount)('a repository that cannot be written', () => {
  it('is read without a lock, which is said', async () => {
    const shown = join(bed.folder, 'shown');
    await mkdir(shown);
    await execa('mount', ['--bind', bed.repository, shown]);
    onTestFinished(async () => {
      await execa('umount', [shown]);
    });
    await execa('mount', ['-o', 'remount,ro,bind', shown]);
    const text = await readFile(bed.file, 'utf8');
    const repository = `repositories:\n  shown: { host: here, url: "${shown}", password: password }\n`;
    await writeFile(bed.file, text.replace('repositories:\n', repository));
    onTestFinished(() => writeFile(bed.file, text));
    const { target, source } = await bed.restore({ repository: 'shown' });
    expect(source.notes).toContainEqual(expect.stringContaining('without a lock'));
    expect(await readdir(target)).toHaveLength((await readdir(bed.thesis)).length);
  });
});

describe('in place', () => {
  it.each(['notes', 'deep/same'])(
    'what was one file with two names is one again, if %s is gone',
    async (gone) => {
      await rm(join(bed.thesis, gone));
      const result = await bed.restore({ ...inPlace, snapshot: first });
      expect(result).toMatchObject({ restored: { files: 1 }, conflicts: { count: 0 } });
      const after = await treeOf(bed.thesis);
      expect(after).toEqual(before);
    },
  );

  it('a folder in place of a file, and a file in place of a folder, can be had back as the answer says', async () => {
    const hostile = join(bed.thesis, 'new\nline');
    await rm(hostile);
    await mkdir(hostile);
    await writeFile(join(hostile, "it's"), 'in my folder');
    await rm(join(bed.thesis, 'deep'), { recursive: true });
    await writeFile(join(bed.thesis, 'deep'), 'my file');
    await writeFile(join(bed.thesis, '-'), 'my dash');
    const mine = await treeOf(bed.thesis);
    const { conflicts, replaced } = await bed.restore(inPlace);
    expect(conflicts.first.filter(({ kindDiffers }) => kindDiffers)).toHaveLength(2);
    for (const line of undoLines(replaced.keptAt ?? '', conflicts)) await execa('bash', ['-c', line]);
    await execa('bash', ['-c', 'rm -rf ./*.undone'], { cwd: bed.thesis });
    const after = await treeOf(bed.thesis);
    expect(Object.keys(after)).toEqual(Object.keys(mine));
    expect(await readFile(join(hostile, "it's"), 'utf8')).toBe('in my folder');
    expect(await readFile(join(bed.thesis, 'deep'), 'utf8')).toBe('my file');
    expect(await readFile(join(bed.thesis, '-'), 'utf8')).toBe('my dash');
  });

  it('a file where a folder is expected is told in the look before it', async () => {
    await rm(join(bed.thesis, 'deep'), { recursive: true });
    await writeFile(join(bed.thesis, 'deep'), 'my file');
    expect((await bed.plan(inPlace)).conflicts).toMatchObject({
      ...{ count: 1, first: [{ path: 'active/thesis/deep' }] },
    });
  });
});

describe('a snapshot of a folder within the volume, by a relative path', () => {
  /** A snapshot by plain restic, of paths as they are written in a folder. */
  const backupIn = async (cwd: string, ...paths: string[]): Promise<string> => {
    const env = { RESTIC_PASSWORD: PASSWORD };
    const args = ['--repo', bed.repository, 'backup', '--json', ...paths];
    const { stdout } = await execa('restic', args, { cwd, env });
    return (JSON.parse(stdout.split('\n').at(-1) ?? '') as { snapshot_id: string }).snapshot_id;
  };

  it.each([
    ['of itself', (): [string, ...string[]] => [bed.thesis, '.']],
    ['of the folder above', (): [string, ...string[]] => [dirname(bed.thesis), '.']],
    ['with others', (): [string, ...string[]] => [dirname(bed.thesis), 'thesis', '../more']],
  ])('%s is understood', async (_, of) => {
    await mkdir(join(bed.flux, 'more'));
    await writeFile(join(bed.flux, 'more', 'x'), 'x');
    const snapshot = await backupIn(...of());
    const { target } = await bed.restore({ snapshot });
    const restored = await treeOf(target);
    expect(restored).toEqual(before);
    await rm(target, { recursive: true });
    await rm(join(bed.thesis, 'deep'), { recursive: true });
    expect(await bed.restore({ ...inPlace, snapshot })).toMatchObject({ conflicts: { count: 0 } });
    const after = await treeOf(bed.thesis);
    expect(after).toEqual(before);
    const { restored: one } = await bed.restore({ snapshot, paths: ['flux/active/thesis/deep/er/data'] });
    expect(one.files).toBe(1);
  });

  it('is not taken for the volume', async () => {
    const snapshot = await backupIn(bed.thesis, '.');
    const live = await bed.live();
    await expect(bed.restore({ ...inPlace, snapshot, paths: ['flux'] })).rejects.toMatchObject({
      type: 'NotInSnapshot',
    });
    expect(await bed.live()).toEqual(live);
  });
});

it('a snapshot of one file elsewhere holds nothing of the volume', async () => {
  const snapshot = await bed.backup(bed.file);
  await expect(bed.restore({ snapshot })).rejects.toMatchObject({
    type: 'NotInSnapshot',
    nonRetryable: true,
  });
  expect((await bed.plan()).source).not.toMatchObject({ snapshotId: snapshot });
});

it('a restore that was asked for by another estate is refused', async () => {
  const request = bed.requestOf();
  const { estate } = await loadEstate(bed.file);
  const declaration = restoreDeclaration(estate, 'here', request);
  expect(await bed.plan({ ...request, declaration })).toMatchObject({ source: { repository: 'local' } });
  const other = restoreDeclaration({ ...estate, timezone: 'Asia/Tokyo' }, 'here', request);
  for (const step of [bed.plan, bed.restore])
    await expect(step({ ...request, declaration: other })).rejects.toMatchObject({
      ...{ type: 'EstateSkew', message: expect.stringContaining('timezone') as string },
    });
});
