import { expect, it } from 'vitest';
import { canonicalJson, differingKeys } from '../../src/domain/declaration.js';

it('writes equal values as equal text', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined, '10': true, '9': 0 })).toBe(
    '{"10":true,"9":0,"b":[1,{"c":"x","d":null}]}',
  );
  expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
  expect(canonicalJson([undefined, 1])).toBe('[null,1]');
});

it('names what differs: changed, added and removed parts', () => {
  const mine = { digest: '1', keys: { same: 'x', changed: 'x', removed: 'x' } };
  const theirs = { digest: '2', keys: { same: 'x', changed: 'y', added: 'x' } };
  expect(differingKeys(mine, theirs)).toEqual(['added', 'changed', 'removed']);
  expect(differingKeys(mine, { ...mine })).toEqual([]);
});
