import { describe, expect, it } from 'vitest';
import { jsonParts } from '../../src/adapters/json-parts.js';

function taken(
  text: string,
  size: number,
  onStray: () => void = () => {
    throw new Error('there is nothing else');
  },
): { inner: unknown[]; outer: unknown[] } {
  const inner: unknown[] = [];
  const outer: unknown[] = [];
  const parts = jsonParts(
    (value) => inner.push(value),
    (value) => outer.push(value),
    onStray,
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

  it.each([1, 2, 7, 10_000])('may have lines between its objects that are none of it (%d)', (size) => {
    const [one, other] = [JSON.stringify(matches[0]), JSON.stringify(matches[1])];
    const said = 'Unable to load tree 8b36\n ... which belongs to snapshot f812\n';
    const mixed = `${said}[{"matches":[${said}${one}${said},${other}${said}],"hits":2,"snapshot":"one"}${said}]`;
    let strays = 0;
    const { inner, outer } = taken(mixed, size, () => (strays += 1));
    expect(inner).toEqual(matches);
    expect(outer).toEqual([{ matches: [], hits: 2, snapshot: 'one' }]);
    expect(strays).toBeGreaterThan(0);
  });
});
