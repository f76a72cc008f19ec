import { describe, expect, it } from 'vitest';
import { batchSize, inOrder } from '../../src/domain/rebuild-order.js';

const MIB = 1024 ** 2;
const part = (name: string, isProject: boolean, newestMs: number) => ({
  name,
  isProject,
  newestMs,
  bytes: 1,
});
const of = (mebibytes: number, alone = false) => ({ bytes: mebibytes * MIB, alone });

it('projects come first, and of both the newest first', () => {
  const parts = [
    part('models', false, 9),
    part('old', true, 1),
    part('readme', false, 10),
    part('new', true, 5),
  ];
  expect(inOrder(parts).map(({ name }) => name)).toEqual(['new', 'old', 'readme', 'models']);
});

describe('parts come together', () => {
  it.each([
    ['up to 256 MiB', [of(100), of(100), of(57), of(1)], 2],
    ['up to 200', Array.from({ length: 300 }, () => of(0)), 200],
    ['but for a large one', [of(3000), of(0)], 1],
    ['and a large one stays for the next time', [of(1), of(3000)], 1],
    ['but for one that is to be alone', [of(1), of(1, true), of(1)], 1],
    ['which is', [of(1, true), of(1)], 1],
    ['until there are no more', [of(1), of(1)], 2],
    ['none of none', [], 0],
  ])('%s', (_, parts, size) => {
    expect(batchSize(parts)).toBe(size);
  });
});
