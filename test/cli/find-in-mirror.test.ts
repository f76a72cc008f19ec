import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Client } from '../b2-stand-in/client.js';
import { BUCKET } from '../b2-stand-in/stand-in.js';
import { lookB2Bed } from '../support/look-b2-bed.js';
import { type LookBed, lookBed } from '../support/look-bed.js';
import { moment } from '../support/mirror-restore-bed.js';

interface Version {
  size: number;
  remote?: string;
  hidden?: true;
  uploaded?: string;
  hiddenAt?: string;
  snapshots: string[];
}
interface Match {
  path: string;
  encoded?: true;
  versions: Version[];
}

const mirror = { kind: 'mirror', volume: 'space', remote: 'cloud' };

async function b2Bed() {
  const bed = await lookB2Bed();
  const find = async (...args: string[]): Promise<Match[]> =>
    (await bed.json('find', ...args)).matches as Match[];
  return { ...bed, find };
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
});

it('of a hidden version it is told until when it was there', async () => {
  const bed = await b2Bed();
  await bed.put('p/a.txt', 'one');
  await bed.put('p/gone [1].txt', 'was here');
  const between = [await moment()];
  await bed.put('p/a.txt', 'four');
  between.push(await moment());
  await bed.remove('p/gone [1].txt');
  between.push(await moment());
  const [one, two, three] = between;
  const [overwritten, deleted] = await bed.find('space/p/*.txt');
  const since = [overwritten?.versions[1]?.hiddenAt, deleted?.versions[0]?.hiddenAt];
  expect([one, since[0], two, since[1], three]).toEqual([one, since[0], two, since[1], three].sort());
  expect(overwritten?.versions[0]).not.toHaveProperty('hiddenAt');
  const { stdout } = await bed.run('find', 'gone [[]1].txt');
  expect(stdout).toContain(`cloud: hidden: deleted or overwritten ${since[1]?.slice(0, 10) ?? ''}`);
});

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
});

it('an upload that broke off is no version, and the file beside it is still there', async () => {
  const bed = await b2Bed();
  await bed.put('a.txt', 'one');
  await bed.put('a.txt', 'four');
  const client = await Client.authorized(bed.endpoint);
  const begun = { bucketId: client.bucketId, fileName: 'mirror/a.txt', contentType: 'text/plain' };
  expect((await client.call('b2_start_large_file', begun)).status).toBe(200);
  expect(sizes(await bed.find('a.txt', '--remote', 'cloud'))).toEqual([['space/a.txt', [4, -3]]]);
});

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
});

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
});

it('a remote that no job mirrors to is a wrong request', async () => {
  const bed: LookBed = await lookBed();
  onTestFinished(() => bed.remove());
  const { exitCode, stderr } = await bed.run('find', 'x', '--remote', 'cloud');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/no mirror on a remote/);
});
