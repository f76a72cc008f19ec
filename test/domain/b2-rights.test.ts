import { expect, it } from 'vitest';
import { type KeyRights, keyCommand, rightsProblems } from '../../src/domain/b2-rights.js';

const LOOKS = ['listBuckets', 'listFiles', 'readFiles'];
const MIRRORS = [...LOOKS, 'writeFiles'];
const here = (use: 'mirror' | 'save' | 'look', prefix = 'box/') => ({ bucket: 'mine', prefix, use });
const key = (more: Partial<KeyRights> = {}): KeyRights => ({
  ...{ capabilities: [...MIRRORS, 'deleteFiles'], buckets: ['mine'], namePrefix: '' },
  ...more,
});

it.each<[string, Partial<KeyRights>, 'mirror' | 'save' | 'look', string[]]>([
  ['all of it', {}, 'save', []],
  ['a mirror without deleteFiles', { capabilities: MIRRORS }, 'mirror', []],
  ['a repository without deleteFiles', { capabilities: MIRRORS }, 'save', ['lacks deleteFiles']],
  ['a look without writing', { capabilities: LOOKS }, 'look', []],
  [
    'a mirror whose rules cannot be seen',
    { capabilities: MIRRORS.slice(1) },
    'mirror',
    ['lacks listBuckets'],
  ],
  ['one known bucket', { capabilities: LOOKS.slice(1) }, 'look', []],
  [
    'all buckets, unseen',
    { capabilities: LOOKS.slice(1), buckets: undefined },
    'look',
    ['lacks listBuckets'],
  ],
  ['several buckets', { buckets: ['other', 'mine'] }, 'save', []],
  ['other buckets', { buckets: ['a', 'b'] }, 'save', ['is for the buckets a, b only']],
  ['a folder above', { namePrefix: 'bo' }, 'save', []],
  ['a folder in it', { namePrefix: 'box/in/' }, 'save', ['is for names that begin with "box/in/" only']],
])('what a key lacks: %s', (_, rights, use, expected) => {
  const problems = rightsProblems(key(rights), here(use));
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(expected);
});

it('a key for a folder is not one for the whole bucket', () => {
  expect(rightsProblems(key({ namePrefix: 'box/' }), here('save', ''))).toEqual([
    'is for names that begin with "box/" only, and not for the whole bucket',
  ]);
});

it('the command makes a key for the folder, or for the whole bucket', () => {
  expect(keyCommand(here('look', "it's/"), 'fts-it')).toBe(
    String.raw`b2 key create --bucket mine --name-prefix 'it'\''s/' fts-it listBuckets,listFiles,readFiles`,
  );
  expect(keyCommand(here('mirror', ''), 'fts-it')).toBe(
    'b2 key create --bucket mine fts-it listBuckets,listFiles,readFiles,writeFiles',
  );
});
