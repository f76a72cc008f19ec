import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Client } from '../b2-stand-in/client.js';
import { BUCKET, MIRROR, rclone, testStandIn } from '../b2-stand-in/stand-in.js';
import { type LookBed, lookBed } from '../support/look-bed.js';

interface Version {
  size: number;
  remote?: string;
  hidden?: true;
  uploaded?: string;
  snapshots: string[];
}
interface Match {
  path: string;
  encoded?: true;
  versions: Version[];
}

const mirror = { kind: 'mirror', volume: 'space', remote: 'cloud' };

/** A bucket that plain rclone filled, file after file, as a mirror of space. */
async function b2Bed() {
  const standIn = await testStandIn();
  const cloud = {
    ...{ type: 'b2', path: `${BUCKET}/mirror`, options: { endpoint: standIn.endpoint } },
    secrets: { account: 'id', key: 'key' },
  };
  const bed = await lookBed({ remotes: { cloud }, jobs: { mirror } }, { id: MIRROR.id, key: MIRROR.key });
  onTestFinished(() => bed.remove());
  const plain = async (...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await rclone(standIn, args);
    if (exitCode !== 0) throw new Error(String(stderr));
  };
  return {
    ...bed,
    endpoint: standIn.endpoint,
    put: async (name: string, content: string): Promise<void> => {
      const folder = join(bed.folder, 'upload');
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
      await plain('copy', folder, `b2:${BUCKET}/mirror`);
      await rm(folder, { recursive: true });
    },
    remove: (name: string): Promise<void> => plain('deletefile', `b2:${BUCKET}/mirror/${name}`),
    find: async (...args: string[]): Promise<Match[]> => (await bed.json('find', ...args)).matches as Match[],
  };
}

const sizes = (matches: readonly Match[]): unknown =>
  matches.map(({ path, versions }) => [path, versions.map(({ size, hidden }) => (hidden ? -size : size))]);

it('fts find lists current and hidden versions of a mirror on B2', async () => {
  const bed = await b2Bed();
  await bed.put('projects/a.txt', 'one');
  await bed.put('projects/a.txt', 'four');
  await bed.put('projects/gone.txt', 'was here');
  await bed.remove('projects/gone.txt');
  const [found] = await bed.find('a.txt', '--remote', 'cloud');
  expect(found).toMatchObject({
    path: 'space/projects/a.txt',
    versions: [
      { size: 4, remote: 'cloud', snapshots: [] },
      { size: 3, remote: 'cloud', hidden: true, uploaded: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    ],
  });
  expect(sizes(await bed.find('space/projects/*.txt'))).toEqual([
    ['space/projects/a.txt', [4, -3]],
    ['space/projects/gone.txt', [-8]],
  ]);
  const { stdout } = await bed.run('find', 'gone.txt');
  expect(stdout).toMatch(/space\/projects\/gone\.txt\n.*cloud: hidden/);
}, 60_000);

it('a file is not taken for a version of another whatever it is called', async () => {
  const bed = await b2Bed();
  const alike = 'a-v2026-01-01-000000-000.txt';
  await bed.put('a.txt', 'a');
  await bed.put(alike, 'bb');
  await bed.put(alike, 'ccc');
  await bed.put('b-v2026-01-01-000000-000.txt', 'dddd');
  await bed.remove('b-v2026-01-01-000000-000.txt');
  await bed.put('.dot', 'eeeee');
  await bed.put('.dot', 'ffffff');
  expect(sizes(await bed.find('*', '--remote', 'cloud'))).toEqual([
    ['space/.dot', [6, -5]],
    [`space/${alike}`, [3, -2]],
    ['space/a.txt', [1]],
    ['space/b-v2026-01-01-000000-000.txt', [-4]],
  ]);
}, 60_000);

it('an upload that broke off is no version, and the file beside it is still there', async () => {
  const bed = await b2Bed();
  await bed.put('a.txt', 'one');
  await bed.put('a.txt', 'four');
  const client = await Client.authorized(bed.endpoint);
  const begun = { bucketId: client.bucketId, fileName: 'mirror/a.txt', contentType: 'text/plain' };
  expect((await client.call('b2_start_large_file', begun)).status).toBe(200);
  expect(sizes(await bed.find('a.txt', '--remote', 'cloud'))).toEqual([['space/a.txt', [4, -3]]]);
}, 60_000);

it('names that rclone writes otherwise are told as they are', async () => {
  const bed = await b2Bed();
  await bed.put('new\nline.txt', 'x');
  await bed.put('␊literal.txt', 'yy');
  await bed.put('[x]*.txt', 'zzz');
  await bed.put('[x]*.txt', 'zzzz');
  expect(sizes(await bed.find('*.txt', '--remote', 'cloud'))).toEqual([
    ['space/[x]*.txt', [4, -3]],
    ['space/new\\x0aline.txt', [1]],
    ['space/␊literal.txt', [2]],
  ]);
  expect(sizes(await bed.find('new\\x0aline.txt', '--remote', 'cloud'))).toEqual([
    ['space/new\\x0aline.txt', [1]],
  ]);
}, 60_000);

it('of a remote that keeps no versions what is there is found, and of one that is away that is said', async () => {
  const bed = await lookBed();
  onTestFinished(() => bed.remove());
  const disk = { type: 'local', path: join(bed.folder, 'disk') };
  await mkdir(join(disk.path, 'projects'), { recursive: true });
  await writeFile(join(disk.path, 'projects', 'a-v2026-01-01-000000-000.txt'), 'here');
  await bed.change({ remotes: { disk }, jobs: { mirror: { ...mirror, remote: 'disk' } } });
  const found = await bed.json('find', 'a-*', '--remote', 'disk');
  expect(sizes(found.matches as Match[])).toEqual([['space/projects/a-v2026-01-01-000000-000.txt', [4]]]);
  const away = {
    type: 'b2',
    path: BUCKET,
    options: { endpoint: 'http://127.0.0.1:9' },
    secrets: { account: 'password', key: 'wrong' },
  };
  await bed.change({ remotes: { away }, jobs: { mirror: { ...mirror, remote: 'away' } } });
  const { exitCode, stdout } = await bed.run('find', 'a-*', '--remote', 'away', '--json');
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { type: 'RemoteUnreachable' } });
}, 60_000);

it('a remote that no job mirrors to is a wrong request', async () => {
  const bed: LookBed = await lookBed();
  onTestFinished(() => bed.remove());
  const { exitCode, stderr } = await bed.run('find', 'x', '--remote', 'cloud');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/no mirror on a remote/);
});
