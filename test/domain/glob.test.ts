import { describe, expect, it } from 'vitest';
import { glob, globOf } from '../../src/domain/glob.js';

describe('a pattern', () => {
  it.each([
    ['*.txt', 'a/b/c.txt'],
    ['c.txt', 'c.txt'],
    ['?.tx[st]', 'a/c.txt'],
    ['[^a-b].txt', 'a/c.txt'],
    ['b/*.txt', 'a/b/c.txt'],
    ['/a/b/c.txt', 'a/b/c.txt'],
    ['/a/**/c.txt', 'a/c.txt'],
    ['/a/**/c.txt', 'a/x/y/c.txt'],
    ['a/**', 'a/x/y/c.txt'],
    ['\\[g\\]*', 'a/[g]x'],
    ['?', 'a/😀'],
    ['a?b', 'a\nb'],
    ['-rf', 'x/-rf'],
    ['[]', '[]'],
    ['a.b(c)', 'a.b(c)'],
  ])('%s means %j', (pattern, path) => {
    expect(glob(pattern).matches(path)).toBe(true);
  });

  it.each([
    ['*.txt', 'a.txt/b'],
    ['b', 'a/b/c'],
    ['c.txt', 'a/xc.txt'],
    ['a/*', 'a/b/c'],
    ['/b/c', 'a/b/c'],
    ['[ab].txt', 'c.txt'],
    ['[^c].txt', 'c.txt'],
    ['a?b', 'a/b'],
    ['a.b', 'axb'],
    ['A.txt', 'a.txt'],
    ['', 'a'],
  ])('%s does not mean %j', (pattern, path) => {
    expect(glob(pattern).matches(path)).toBe(false);
  });

  it('may be one to which case is the same', () => {
    expect(glob('A*.TXT', { ignoreCase: true }).matches('x/abc.txt')).toBe(true);
  });

  it.each(['[g]*?.txt', 'a\\b', 'plain', '-x', '{a,b}'])('can be made that means just %j', (name) => {
    expect(glob(globOf(name)).matches(`x/${name}`)).toBe(true);
    expect(glob(globOf(name)).matches('x/another')).toBe(false);
  });
});
