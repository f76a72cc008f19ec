import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDocument } from '../../src/estate/check.js';
import { readDocument } from '../../src/estate/yaml/document.js';

const REFERENCE = readFileSync(join(import.meta.dirname, '../../examples/miket.yaml'), 'utf8');
const LINES = REFERENCE.split('\n');

/** Checks a text; every problem must lie in it and say something. Returns whether it is valid. */
function survives(text: string): boolean {
  const { estate, problems } = checkDocument(readDocument(text), '/estates');
  const lines = text.split('\n');
  for (const { at, message } of problems) {
    expect(message).not.toMatch(/undefined|\[object|Invalid input/);
    expect(at.line).toBeLessThanOrEqual(lines.length);
    expect(at.column).toBeLessThanOrEqual((lines[at.line - 1]?.length ?? 0) + 1);
  }
  expect(estate === undefined).toBe(problems.length > 0);
  return estate !== undefined;
}

/** Numbers below `below`, the same at every run. */
function* pseudoRandom(below: number): Generator<number, never> {
  for (let state = 12345; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield Math.floor((state / 2_147_483_648) * below);
  }
}

describe('a damaged estate is read or refused, whatever the damage', () => {
  it('lacks one line', () => {
    const valid = LINES.filter((_, index) => survives(LINES.toSpliced(index, 1).join('\n')));
    expect(valid.length).toBeGreaterThan(10);
    expect(valid.length).toBeLessThan(LINES.length / 2);
  });

  it('ends early', () => {
    for (let end = 0; end < REFERENCE.length; end += 37) survives(REFERENCE.slice(0, end));
  });

  it('has one line twice, or two in the wrong order', () => {
    for (const [index, line] of LINES.entries()) {
      survives(LINES.toSpliced(index, 0, line).join('\n'));
      survives(LINES.toSpliced(index, 2, LINES[index + 1] ?? '', line).join('\n'));
    }
  });

  it('has one character replaced', () => {
    const random = pseudoRandom(REFERENCE.length);
    for (const character of [
      '{',
      ']',
      ':',
      '"',
      "'",
      '*',
      '&',
      '!',
      '-',
      '\t',
      '\n',
      '#',
      '|',
      '%',
      '\0',
      '\u00e4',
      '\ud83d\ude00',
      '9',
      '/',
      '.',
      '?',
      ',',
    ]) {
      for (let count = 0; count < 10; count += 1) {
        const at = random.next().value;
        survives(REFERENCE.slice(0, at) + character + REFERENCE.slice(at + 1));
      }
    }
  });

  it('has one value replaced by another of a wrong kind', () => {
    for (const value of ['', '[[]]', '{ a: 1 }', '1e400', 'true', '"\\u0000"', '..', 'toString']) {
      for (const [index, line] of LINES.entries()) {
        const replaced = line.replace(/: [^#]+/, `: ${value} `);
        if (replaced !== line) survives(LINES.toSpliced(index, 1, replaced).join('\n'));
      }
    }
  });
});
