import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { filterArguments, mirrorFilter } from '../../../src/domain/mirror-filter.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** What rclone still lists of some files. */
async function left(
  files: readonly string[],
  excludes: { exclude?: string[]; excludePatterns?: string[]; repositories?: string[] },
): Promise<string[]> {
  const root = await temporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  const patterns = mirrorFilter({ exclude: [], excludePatterns: [], repositories: [], ...excludes });
  const { stdout } = await execa(
    'rclone',
    ['lsf', '-R', '--files-only', ...filterArguments(patterns), root],
    {
      env: { RCLONE_CONFIG: '/dev/null' },
      stripFinalNewline: true,
    },
  );
  return stdout === '' ? [] : stdout.split('\n').sort();
}

it('leaves out what lies at the root of every volume, and nothing of such a name elsewhere', async () => {
  const files = [
    '.fts-volume',
    '.fts/a',
    '.fts-locks/b',
    'lost+found/c',
    'd/.fts-volume',
    'd/lost+found/e',
    'fts',
  ];
  expect(await left(files, {})).toEqual(['d/.fts-volume', 'd/lost+found/e', 'fts']);
});

it('leaves out a folder with all under it, or a file, where it is and nowhere else', async () => {
  const files = ['scratch/a', 'scratch/b/c', 'scratches', 'd/scratch/e', 'file', 'd/file', 'f/g/h', 'f/g2'];
  expect(await left(files, { exclude: ['scratch/', 'file', 'f/g'] })).toEqual(
    ['d/file', 'd/scratch/e', 'f/g2', 'scratches'].sort(),
  );
});

it.each([
  ['a*b', 'aXb'],
  ['a?', 'ab'],
  ['[set]', 's'],
  ['{x,y}', 'x'],
  ['back\\slash', 'backslash'],
  ['back\\*', 'back\\x'],
  [' leading', 'leading'],
  ['trailing ', 'trailing'],
  ['#hash', 'hash'],
  [';semicolon', 'semicolon'],
  ['!bang', 'bang'],
  ['- minus', 'minus'],
  ['+ plus', 'plus'],
  ['**', 'anything'],
  ['new\nline', 'newline'],
  ['␊', '\n'],
  ['e\u0301', '\u00e9'],
])('takes %j as it is, and not for %j', async (name, other) => {
  const files = [`${name}/in`, `d/${name}`, other];
  expect((await left(files, { exclude: [name] })).length).toBe(2);
  expect((await left([name, `${other}/in`], { exclude: [name] })).length).toBe(1);
});

it('takes patterns as rclone does, and leaves out the locks of repositories, and what is half written', async () => {
  const files = ['a.tmp', 'd/b.tmp', 'r[1]/locks/l', 'r[1]/data/00/p', 'r1/locks/l', 'r[1]/data/00/p-tmp-1'];
  expect(await left(files, { excludePatterns: ['*.tmp'], repositories: ['r[1]'] })).toEqual([
    'r1/locks/l',
    'r[1]/data/00/p',
  ]);
});
