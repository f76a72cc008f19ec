import { expect, it } from 'vitest';
import { nearest } from '../../src/estate/suggest.js';

it.each([
  ['flxu', ['flux', 'time', 'space'], 'flux'],
  ['FLUX', ['flux', 'flax'], 'flux'],
  ['snapshto', ['snapshot', 'backup'], 'snapshot'],
  ['exclude', ['exclude', 'excludes'], 'excludes'],
  ['mirror', ['snapshot', 'backup'], undefined],
  ['x', ['y', 'z'], undefined],
  ['', ['a'], undefined],
  ['a'.repeat(100_000), ['a'.repeat(99_999)], undefined],
])('%s', (name, among, expected) => expect(nearest(name, among)).toBe(expected));
