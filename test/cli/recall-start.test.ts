import { describe, expect, it } from 'vitest';
import { idPart } from '../../src/cli/recall-start.js';

describe('what stands for a project in a workflow id', () => {
  it('is a plain name itself', () => {
    expect(idPart('thesis-2.0_final')).toBe('thesis-2.0_final');
  });

  it.each([
    ['a/b', /^a-b~[\da-f]{16}$/],
    ['', /^~[\da-f]{16}$/],
    ['..', /^\.\.~[\da-f]{16}$/],
    ['-rf', /^-rf~[\da-f]{16}$/],
    ['my project\n', /^my-project-~[\da-f]{16}$/],
    ['caf\u00e9', /^caf-~[\da-f]{16}$/],
    ['x'.repeat(255), /^x{40}~[\da-f]{16}$/],
    ['x~0123456789abcdef', /^x-0123456789abcdef~[\da-f]{16}$/],
  ])('for %j is short, plain, and of that name alone', (name, expected) => {
    expect(idPart(name)).toMatch(expected);
  });

  it('differs for names that look alike', () => {
    const names = ['a b', 'a-b', 'a  b', 'a/b', 'caf\u00e9', 'cafe\u0301', 'caf-'];
    expect(new Set(names.map(idPart)).size).toBe(names.length);
  });
});
