import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Lockable, lockFolder, lockPath } from '../../src/adapters/locks.js';
import { State } from '../../src/adapters/state.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SOMEBODY = 1000;
const isRoot = process.getuid?.() === 0;

const repository = (volumeRoot: string | undefined, location = '/space/restic'): Lockable => ({
  name: 'repository-local',
  location,
  volumeRoot,
});

const setting = async () => ({ estate: 'testbed', state: new State(await temporaryFolder(), 'testbed') });

describe.runIf(process.platform === 'linux')('the folder of a lock', () => {
  const state = new State('/state', 'testbed');
  it.each([
    ['of root', 0, '/space', '/run/fts/testbed', false],
    ['of root for what lies on no volume', 0, undefined, '/run/fts/testbed', false],
    ['of somebody else is on the volume, for all', SOMEBODY, '/space', '/space/.fts-locks', true],
    ['of somebody else for what lies on no volume', SOMEBODY, undefined, '/state/testbed/locks', false],
    ['where there are no user ids', undefined, '/space', '/state/testbed/locks', false],
  ])('%s', (_, uid, volumeRoot, folder, shared) => {
    expect(lockFolder(repository(volumeRoot), { estate: 'testbed', state, uid })).toEqual({ folder, shared });
  });
});

describe('a lock on a volume', () => {
  it('can be opened by every user, whoever made it', async () => {
    const volume = await temporaryFolder();
    const umask = process.umask(0o077);
    try {
      const file = await lockPath(repository(volume), { ...(await setting()), uid: SOMEBODY });
      expect(file).toMatch(/\/\.fts-locks\/repository-local-[0-9a-f]{8}\.lock$/);
      expect((await stat(file)).mode & 0o777).toBe(0o666);
      // Sticky, it would be closed to others by the kernel (fs.protected_regular).
      expect((await stat(join(volume, '.fts-locks'))).mode & 0o7777).toBe(0o777);
    } finally {
      process.umask(umask);
    }
  });

  it.runIf(isRoot)('excludes another user', async () => {
    const volume = await temporaryFolder();
    await chmod(volume, 0o755);
    const lock = await lockPath(repository(volume), { ...(await setting()), uid: SOMEBODY });
    const asNobody = [
      '--reuid',
      '65534',
      '--clear-groups',
      'flock',
      '--no-fork',
      '--nonblock',
      '--conflict-exit-code',
      '75',
      lock,
    ];
    const free = await execa('setpriv', [...asNobody, 'true'], { reject: false });
    const taken = await execa('flock', [lock, 'setpriv', ...asNobody, 'true'], { reject: false });
    expect([free.exitCode, taken.exitCode]).toEqual([0, 75]);
  });

  it('has the same path the second time, and another one for another place', async () => {
    const volume = await temporaryFolder();
    const user = { ...(await setting()), uid: SOMEBODY };
    const first = await lockPath(repository(volume), user);
    expect(await lockPath(repository(volume), user)).toBe(first);
    expect(await lockPath(repository(volume, '/another/restic'), user)).not.toBe(first);
  });

  it('is not put on a volume that is not there', async () => {
    const folder = await temporaryFolder();
    const call = lockPath(repository(join(folder, 'space')), { ...(await setting()), uid: SOMEBODY });
    await expect(call).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not put where a link leads', async () => {
    const folder = await temporaryFolder();
    const [volume, elsewhere] = [join(folder, 'space'), join(folder, 'elsewhere')];
    await mkdir(volume);
    await mkdir(elsewhere);
    await symlink(elsewhere, join(volume, '.fts-locks'));
    const call = lockPath(repository(volume), { ...(await setting()), uid: SOMEBODY });
    await expect(call).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});

describe('a lock on a volume in whose place there is', () => {
  const place = async () => {
    const volume = await temporaryFolder();
    const user = { ...(await setting()), uid: SOMEBODY };
    return { file: await lockPath(repository(volume), user), find: () => lockPath(repository(volume), user) };
  };

  it.each(['', 'garbage \u0000\u0001'])('a file with anything in it (%j) locks as ever', async (text) => {
    const { file, find } = await place();
    await writeFile(file, text);
    expect(await find()).toBe(file);
    const taken = await execa('flock', [file, 'flock', '-n', '-E', '75', file, 'true'], { reject: false });
    expect(taken.exitCode).toBe(75);
    expect((await execa('flock', ['-n', file, 'true'])).exitCode).toBe(0);
  });

  it.each([
    ['a folder', (file: string) => mkdir(file)],
    ['a link', (file: string) => symlink('elsewhere', file)],
    ['a FIFO', (file: string) => execa('mkfifo', [file])],
  ])('%s is refused, naming it', async (_, put) => {
    const { file, find } = await place();
    await rm(file);
    await put(file);
    await expect(find()).rejects.toMatchObject({
      type: 'PathUnsafe',
      message: expect.stringContaining(file) as string,
    });
  });
});

it('a lock in the state is its owner’s alone', async () => {
  const user = { ...(await setting()), uid: SOMEBODY };
  const file = await lockPath(repository(undefined), user);
  expect(file).toMatch(/\/testbed\/locks\/repository-local-[0-9a-f]{8}\.lock$/);
  expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
});
