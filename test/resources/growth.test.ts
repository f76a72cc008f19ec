import { expect, it } from 'vitest';
import { type Window, growthBetween } from './growth.js';

const windowOf = (figure: string, ...values: number[]): Window => ({
  runs: 100,
  samples: values.map((value) => ({ [figure]: value })),
});

it.each([
  ['what comes and goes', [3, 5, 4], [5, 3, 5], 0],
  ['one thing a window that stays', [3, 5, 4], [6, 8, 7], 1],
  ['what becomes less', [5, 5], [3, 3], 0],
])('of things that are counted: %s', (_, before, after, grown) => {
  const found = growthBetween(windowOf('descriptors', ...before), windowOf('descriptors', ...after), 1);
  expect(found).toHaveLength(grown);
});

it.each([
  ['one that is high for once', [100, 101, 500], [100, 102, 600], 0],
  ['a median that rises by no more than that', [100, 101, 102], [110, 111, 112], 0],
  ['a median that rises by more', [100, 101, 102], [111, 112, 113], 1],
])('of memory: %s', (_, before, after, grown) => {
  const found = growthBetween(windowOf('host: memory', ...before), windowOf('host: memory', ...after), 10);
  expect(found).toHaveLength(grown);
});
