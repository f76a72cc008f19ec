import { expect, it } from 'vitest';
import { excludeOptions } from '../../src/domain/restic-excludes.js';

const ALWAYS = (base: string): string[] => [`--exclude=${base}/.fts*`, `--exclude=${base}/lost+found`];

it.each([
  ['nothing but our own', '/flux', [], [], []],
  [
    'a literal path, anchored at the root',
    '/flux',
    ['scratch', 'a/b'],
    [],
    ['--exclude=/flux/scratch', '--exclude=/flux/a/b'],
  ],
  [
    'wildcards in a literal path',
    '/flux',
    ['a*b', 'c?[d]', 'e\\f'],
    [],
    ['--exclude=/flux/a\\*b', '--exclude=/flux/c\\?\\[d\\]', '--exclude=/flux/e\\\\f'],
  ],
  ['a leading dash', '/flux', ['-rf'], [], ['--exclude=/flux/-rf']],
  [
    'patterns, unchanged',
    '/flux',
    [],
    ['*.o', '!keep.o', '-x'],
    ['--exclude=*.o', '--exclude=!keep.o', '--exclude=-x'],
  ],
])('%s', (_, root, exclude, excludePatterns, options) => {
  expect(excludeOptions(root, { exclude, excludePatterns })).toEqual([...ALWAYS(root), ...options]);
});

it('escapes the wildcards of the root itself', () => {
  expect(excludeOptions('/srv/[a]*', { exclude: ['x'], excludePatterns: [] })).toEqual([
    ...ALWAYS('/srv/\\[a\\]\\*'),
    '--exclude=/srv/\\[a\\]\\*/x',
  ]);
});

it('has no double slash when the volume is the root of all', () => {
  expect(excludeOptions('/', { exclude: ['x'], excludePatterns: [] })).toEqual([
    ...ALWAYS(''),
    '--exclude=/x',
  ]);
});
