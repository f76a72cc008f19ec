import { link, lutimes, mkdir, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { type LoopDevice, canMount, hasXfs, makeLoopDevice } from '../support/loop-device.js';
import { treeOf } from '../support/tree.js';

const MIB = 1024 ** 2;

const FILESYSTEMS = [
  ['ext4', 'xfs'],
  ['xfs', 'ext4'],
] as const;

/** Everything that a copy can lose. */
async function fill(path: string): Promise<void> {
  await link(join(path, 'notes'), join(path, 'deep', 'same'));
  await symlink('/nowhere', join(path, 'dangling'));
  await lutimes(join(path, 'dangling'), 1234567890, 1234567890.123);
  await execa('truncate', ['--size', '4M', join(path, 'holes')]);
  await execa('mkfifo', [join(path, 'pipe')]);
  await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0x0a, 0x2d])]), 'odd');
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', join(path, 'notes')]);
  await execa('chown', ['-h', '1234:2345', join(path, 'dangling'), join(path, 'notes')]);
  const attribute = "import os,sys; os.setxattr(sys.argv[1], 'user.tag', b'\\x00\\xff')";
  await execa('python3', ['-c', attribute, join(path, 'notes')]);
  await execa('chmod', ['2751', join(path, 'deep')]);
}

const attributeOf = async (path: string): Promise<string> =>
  (await execa('python3', ['-c', "import os,sys; print(os.getxattr(sys.argv[1], 'user.tag'))", path])).stdout;

describe.skipIf(!canMount || !hasXfs).each(FILESYSTEMS)('between %s and %s', (here, there) => {
  let test: GraduationEstate;
  let devices: LoopDevice[] = [];
  beforeEach(async () => {
    devices = [];
    test = await makeGraduationEstate({}, async (folder) => {
      for (const [name, filesystem] of [
        ['flux', here],
        ['space', there],
      ] as const) {
        const device = await makeLoopDevice(join(folder, `${name}.img`), name, filesystem);
        devices.push(device);
        await mkdir(join(folder, name));
        await device.mount(join(folder, name));
      }
    });
  });
  afterEach(async () => {
    for (const device of devices) await device.remove();
    await test.remove();
  });

  it('a project goes to and fro with all it has', async () => {
    const path = await test.project('full');
    await fill(path);
    const before = await treeOf(path);
    const { result } = await test.graduate();
    expect(result.moved).toMatchObject([{ project: 'full' }]);
    expect(await test.recall('full')).toMatchObject({ files: 7, to: 'flux/active/full' });
    expect(await treeOf(path)).toEqual(before);
    expect(await attributeOf(join(path, 'notes'))).toBe("b'\\x00\\xff'");
    const { stdout: blocks } = await execa('stat', ['-c', '%b', join(path, 'holes')]);
    expect(Number(blocks)).toBeLessThan(1000);
    expect(await test.sweep({ days: 60 })).toMatchObject({ removed: 2, kept: 0 });
    expect(await treeOf(path)).toEqual(before);
  });

  it.runIf(there === 'ext4')(
    'an attribute that the other filesystem cannot take keeps its project, and is named',
    async () => {
      const path = await test.project('tagged');
      const attribute = "import os,sys; os.setxattr(sys.argv[1], 'user.icon', b'x' * 20000)";
      await execa('python3', ['-c', attribute, join(path, 'notes')]);
      const before = await treeOf(path);
      const { result, failure } = await test.graduate();
      expect(failure).toBe('ProjectUnfit');
      expect(result.failed).toMatchObject([
        { project: 'tagged', reason: expect.stringContaining("setting attribute 'user.icon'") as string },
      ]);
      expect(await treeOf(path)).toEqual(before);
      expect(await test.names(test.staging)).toEqual([]);
    },
  );

  it('a project that does not fit stays in the archive, and nothing of it is left behind', async () => {
    const big = join(test.projects, 'big');
    await mkdir(big);
    const { bavail, bsize } = await statfs(test.active);
    const ballast = bavail * bsize - 5 * MIB;
    await execa('fallocate', ['--length', String(ballast), join(test.active, 'ballast')]);
    await writeFile(join(big, 'data'), Buffer.alloc(6 * MIB, 1));
    const before = await treeOf(big);
    expect(await test.plan('big')).toMatchObject({ conflicts: [expect.stringContaining('has room for')] });
    await expect(test.recall('big')).rejects.toMatchObject({ type: 'DestinationFull' });
    expect(await treeOf(big)).toEqual(before);
    expect([await test.names(test.active), await test.names(test.backStaging)]).toEqual([['ballast'], []]);
  });
});
