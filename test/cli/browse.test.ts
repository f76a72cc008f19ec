import { access, mkdir, open, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMounts } from '../../src/adapters/mountinfo.js';
import { findTool } from '../../src/adapters/tools.js';
import { type LookBed, lookBed } from '../support/look-bed.js';
import { until } from '../support/until.js';
import { Fts } from './fts.js';

const canMount = await access('/dev/fuse').then(
  () => process.platform === 'linux',
  () => false,
);

let bed: LookBed;
beforeAll(async () => {
  bed = await lookBed();
  await writeFile(join(bed.flux, 'a.txt'), 'saved');
  await bed.makeRepository();
  await bed.restic(bed.folder, 'backup', '--quiet', bed.flux);
  await bed.restic(bed.folder, 'backup', '--quiet', bed.flux);
});
afterAll(() => bed.remove());

const isMounted = async (folder: string): Promise<boolean> =>
  (await readMounts()).some(({ mountpoint }) => mountpoint === folder);

/** `fts browse`, when the repository is mounted. */
async function mounted(folder: string, ...more: string[]): Promise<Fts> {
  const running = new Fts(['browse', folder, ...more], { env: bed.env });
  await running.untilStderr(/Ctrl-C/);
  return running;
}

describe.runIf(canMount)('fts browse', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
    ['SIGHUP', 0],
  ] as const)('mounts a repository until %s, and leaves nothing', async (signal, code) => {
    const folder = join(bed.folder, 'look');
    const running = await mounted(folder);
    const saved = join(folder, 'snapshots', 'latest', bed.flux, 'a.txt');
    expect(await readFile(saved, 'utf8')).toBe('saved');
    await expect(writeFile(saved, 'changed')).rejects.toThrow();
    expect(await readdir(join(bed.repository, 'locks'))).toEqual([]);
    running.child.kill(signal);
    expect((await running.ended).exitCode).toBe(code);
    expect(await isMounted(folder)).toBe(false);
    await expect(access(folder)).rejects.toThrow();
  });

  it.each(['', 'while somebody stands in it'])(
    'leaves no mount when its process is killed %s',
    async (inUse) => {
      const folder = join(bed.folder, 'killed');
      const running = await mounted(folder);
      const inside = inUse === '' ? undefined : await open(join(folder, 'snapshots', 'latest'));
      try {
        running.child.kill('SIGKILL');
        await until(async () => !(await isMounted(folder)));
      } finally {
        await inside?.close();
      }
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('leaves none either while somebody stands in it', async () => {
    const folder = join(bed.folder, 'busy');
    await mkdir(folder);
    const running = await mounted(folder, '--json');
    expect(JSON.parse(running.stdout)).toEqual({ repository: 'local', folder });
    const inside = await open(join(folder, 'snapshots', 'latest'));
    try {
      running.child.kill('SIGTERM');
      expect((await running.ended).exitCode).toBe(0);
      expect(await isMounted(folder)).toBe(false);
    } finally {
      await inside.close();
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

it('is refused where something would be hidden, or is no folder, or cannot be made', async () => {
  for (const folder of [bed.flux, join(bed.flux, 'a.txt'), join(bed.folder, 'no', 'such', 'folder')]) {
    const { exitCode, stderr } = await bed.run('browse', folder);
    expect({ folder, exitCode, stderr }).toMatchObject({ exitCode: canMount ? 2 : 1 });
  }
});

it('is refused with another password, and nothing stays mounted', async () => {
  const broken = { host: 'here', volume: 'space', path: 'local', password: 'wrong' };
  await bed.change({ repositories: { broken } });
  const folder = join(bed.folder, 'refused');
  const several = await bed.run('browse', folder);
  expect(several).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/fts browse local FOLDER/) as string,
  });
  const { exitCode } = await bed.run('browse', 'broken', folder);
  expect(exitCode).toBe(canMount ? 2 : 1);
  await expect(access(folder)).rejects.toThrow();
});

it('without FUSE says what is missing', async () => {
  const tools = join(bed.folder, 'tools');
  await mkdir(tools);
  await symlink((await findTool('restic')).path, join(tools, 'restic'));
  const { exitCode, stderr } = await new Fts(['browse', 'local', join(bed.folder, 'none')], {
    env: { ...bed.env, PATH: tools },
  }).ended;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/cannot mount with FUSE.*\n.*apt install fuse3/);
});
