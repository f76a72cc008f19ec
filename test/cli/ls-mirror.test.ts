import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lookB2Bed } from '../support/look-b2-bed.js';
import { lookBed } from '../support/look-bed.js';
import { moment } from '../support/mirror-restore-bed.js';

const TIMEOUT = 240_000;

interface Listed {
  remote: string;
  at: string;
  path: string;
  nodes: { name: string; path: string; type: string; size?: number; sha1?: string; encoded?: true }[];
  counts: { entries: number; bytes: number };
}

const told = ({ nodes }: Listed) => nodes.map(({ path, type, size }) => [path, type, size]);

it(
  'fts ls lists a folder of a mirror on B2, as it is and as it was',
  async () => {
    const bed = await lookB2Bed();
    const list = async (...args: string[]) => (await bed.json('ls', ...args)) as unknown as Listed;
    await bed.put('projects/a.txt', 'one');
    await bed.put('projects/old/gone.txt', 'was here');
    await bed.put('new\nline/x', 'x');
    const at = await moment();
    await bed.remove('projects/old/gone.txt');
    await bed.put('projects/a.txt', 'four');
    await bed.put('projects/deep/er/b.txt', 'b');

    const now = await list('space/projects');
    expect(now).toMatchObject({ remote: 'cloud', path: 'space/projects', counts: { entries: 2, bytes: 4 } });
    expect(told(now)).toEqual([
      ['space/projects/a.txt', 'file', 4],
      ['space/projects/deep', 'dir', undefined],
    ]);
    const then = await list('space/projects', '--remote', 'cloud', '--at', at);
    expect(then.at).toBe(at);
    expect(told(then)).toEqual([
      ['space/projects/a.txt', 'file', 3],
      ['space/projects/old', 'dir', undefined],
    ]);
    expect(told(await list('space/projects/a.txt', '--at', at))).toEqual([
      ['space/projects/a.txt', 'file', 3],
    ]);
    expect(told(await list('space', '--recursive'))).toEqual([
      ['space/new\\x0aline', 'dir', undefined],
      ['space/new\\x0aline/x', 'file', 1],
      ['space/projects', 'dir', undefined],
      ['space/projects/a.txt', 'file', 4],
      ['space/projects/deep', 'dir', undefined],
      ['space/projects/deep/er', 'dir', undefined],
      ['space/projects/deep/er/b.txt', 'file', 1],
    ]);
    expect(told(await list('space/new\\x0aline'))).toEqual([['space/new\\x0aline/x', 'file', 1]]);

    const forPeople = await bed.run('ls', 'space/projects', '--limit', '1');
    expect(forPeople).toMatchObject({ exitCode: 0 });
    expect(forPeople.stdout).toMatch(/^file +4 B +\S+ \S+ +a\.txt$/m);
    expect(forPeople.stderr).toMatch(/in the mirror on cloud, now[^]*2 entries, 1 of them not listed/);
    const gone = await bed.run('ls', 'space/projects/old');
    expect(gone).toMatchObject({ exitCode: 2 });
    const hint = /--at (\S+Z)/.exec(gone.stderr)?.[1] ?? '';
    expect(told(await list('space/projects/old', '--at', hint))).toEqual([
      ['space/projects/old/gone.txt', 'file', 8],
    ]);
  },
  TIMEOUT,
);

it(
  'of a mirror on a disk what is there is listed, and wrong requests are told as such',
  async () => {
    const disk = await lookBed({
      remotes: { cloud: { type: 'local', path: 'disk' }, other: { type: 'local', path: 'other' } },
      jobs: {
        mirror: { kind: 'mirror', volume: 'space', remote: 'cloud' },
        more: { kind: 'mirror', volume: 'flux', remote: 'other' },
      },
    });
    try {
      await mkdir(join(disk.folder, 'disk', 'empty'), { recursive: true });
      await writeFile(join(disk.folder, 'disk', 'a'), 'a');
      await symlink('a', join(disk.folder, 'disk', 'link'));
      const listed = (await disk.json('ls', 'space')) as unknown as Listed;
      expect(told(listed)).toEqual([
        ['space/a', 'file', 1],
        ['space/empty', 'dir', undefined],
        ['space/link', 'symlink', undefined],
      ]);
      for (const args of [
        ['space', '--at', '1 hour ago'],
        ['space/b'],
        ['flux', '--remote', 'cloud'],
        ['space', '--remote', 'clout'],
        ['nothing', '--remote', 'cloud'],
        ['space', '--remote', 'cloud', '--repository', 'local'],
        ['latest', 'space', '--remote', 'cloud'],
        ['space/../..', '--remote', 'cloud'],
      ])
        expect(await disk.run('ls', ...args), args.join(' ')).toMatchObject({ exitCode: 2, stdout: '' });
    } finally {
      await disk.remove();
    }
  },
  TIMEOUT,
);
