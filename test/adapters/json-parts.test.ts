import { describe, expect, it } from 'vitest';
import { jsonParts } from '../../src/adapters/json-parts.js';

function taken(text: string, size: number): { inner: unknown[]; outer: unknown[] } {
  const inner: unknown[] = [];
  const outer: unknown[] = [];
  const parts = jsonParts(
    (value) => inner.push(value),
    (value) => outer.push(value),
  );
  for (let at = 0; at < text.length; at += size) parts.write(text.slice(at, at + size));
  return { inner, outer };
}

describe('a long JSON text', () => {
  const matches = [
    { path: '/a"]}\\', list: [1, { deep: ['x'] }] },
    { path: '/{[,', size: 3 },
  ];
  const text = JSON.stringify([
    { matches, hits: 2, snapshot: 'one' },
    { matches: [], hits: 0, snapshot: 'two, ]' },
    { matches: [{ path: '/b' }], hits: 1, snapshot: 'three' },
  ]);

  it.each([1, 2, 7, 10_000])('is taken apart whatever pieces it comes in (%d)', (size) => {
    const { inner, outer } = taken(text, size);
    expect(inner).toEqual([...matches, { path: '/b' }]);
    expect(outer).toEqual([
      { matches: [], hits: 2, snapshot: 'one' },
      { matches: [], hits: 0, snapshot: 'two, ]' },
      { matches: [], hits: 1, snapshot: 'three' },
    ]);
  });

  it.each(['[]', '', '[]\n'])('may hold nothing (%j)', (empty) => {
    expect(taken(empty, 1)).toEqual({ inner: [], outer: [] });
  });
});
