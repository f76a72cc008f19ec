import { describe, expect, it } from 'vitest';
import { excludeProblem } from '../../src/domain/go-match.js';
import { goRegexpProblem } from '../../src/domain/go-regexp.js';
import { filterProblem } from '../../src/domain/rclone-glob.js';

describe('patterns that restic takes', () => {
  it.each(['*', '**/a', '!keep', '!', String.raw`[\]]`, '[a-z0-9]', 'a/../[b]', '{a', '😀?'])(
    '%s',
    (pattern) => {
      expect(excludeProblem(pattern)).toBeUndefined();
    },
  );

  it.each(['[', '[]a]', '[-a]', '[a-]', '[^]', 'a/\\', '[a/b]', '[a-'])('but not %s', (pattern) => {
    expect(excludeProblem(pattern)).toBeDefined();
  });
});

describe('patterns that rclone takes', () => {
  it.each([
    ...[
      '*',
      '**',
      '/a/**',
      '*.{a,b}',
      '[^a]',
      '[[:alpha:]]',
      '[[]]',
      '.+()|^$',
      String.raw`\*\[`,
      String.raw`\d`,
    ],
    ...['{{}}', '{{a|b}}c', '{{a}}}', '{{(?P<name>x)}}', '{{a{2}?}}', '{{a{,3}}}', String.raw`{{\Q**\E}}`],
  ])('%s', (pattern) => {
    expect(filterProblem(pattern)).toBeUndefined();
  });

  it.each(['***', '[', '[]', '[^]', 'a]', '{', '}', '{a{b}}', '{{', '{{a', '{{(}}', '{{[}}', String.raw`\é`])(
    'but not %s',
    (pattern) => {
      expect(filterProblem(pattern)).toBeDefined();
    },
  );
});

describe('regular expressions of Go', () => {
  it.each([
    ...[
      '',
      'a|',
      '(|)',
      '^*',
      '(?i)a*',
      '(?i-s:b)',
      'a{0}',
      'a{1000}',
      '(a{10}){100}',
      'a{,2}',
      'a{2',
      'x{2,}?',
    ],
    ...[
      String.raw`\pL\p{Greek}\P{^Lu}`,
      String.raw`[\d\pL-]`,
      String.raw`\x41\x{1F600}\101\0`,
      '[]a]',
      '[a-]',
      '[--a]',
    ],
  ])('may be %s', (expression) => {
    expect(goRegexpProblem(expression)).toBeUndefined();
  });

  it.each([
    ...[
      '*',
      '(*)',
      'a|*',
      'a**',
      'a+*',
      '(',
      ')',
      '(?=a)',
      '(?<!a)',
      '(?a',
      '(?P<>x)',
      '[',
      '[b-a]',
      'a{1001}',
      'a{2,1}',
    ],
    ...[
      String.raw`\1`,
      String.raw`\8`,
      String.raw`\C`,
      String.raw`\x4`,
      String.raw`\x{110000}`,
      '\\',
      '(a{11}){100}',
    ],
  ])('may not be %s', (expression) => {
    expect(goRegexpProblem(expression)).toBeDefined();
  });
});
