import { expect, it } from 'vitest';
import { exitCodeOf } from '../../src/domain/outcome.js';

it.each([
  ['complete', 0],
  ['partial', 1],
  ['failed', 1],
  ['cancelled', 1],
  ['held', 4],
  ['skipped', 5],
] as const)('%s is exit code %i', (outcome, code) => {
  expect(exitCodeOf(outcome)).toBe(code);
});
