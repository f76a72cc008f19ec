import { expect, it } from 'vitest';
import { type SourceCandidate, chooseSource } from '../../src/domain/rebuild-source.js';

const day = (number: number): string => new Date(Date.UTC(2026, 0, number)).toISOString();
const snapshot = (name: string, number: number, more: Partial<SourceCandidate> = {}): SourceCandidate => ({
  ...{ repository: 'local', snapshot: name, atMs: Date.parse(day(number)), partial: false, whole: true },
  ...more,
});
const mirror = (number?: number): SourceCandidate => ({
  ...{ remote: 'cloud', partial: false, whole: true },
  atMs: number === undefined ? 0 : Date.parse(day(number)),
});
const chosen = (candidates: SourceCandidate[], emptyAt?: string): string | undefined => {
  const source = chooseSource(candidates, emptyAt)?.source;
  return source && ('remote' in source ? source.remote : source.snapshot);
};

it.each([
  ['the newest', [snapshot('a', 1), snapshot('b', 3), snapshot('c', 2)], undefined, 'b'],
  ['the first of two of one moment', [snapshot('a', 1), snapshot('b', 1)], undefined, 'a'],
  ['a mirror that is newer', [snapshot('a', 1), mirror(2)], undefined, 'cloud'],
  ['no mirror of an unknown time', [snapshot('a', 1), mirror()], undefined, 'a'],
  ['but where there is nothing else', [mirror()], undefined, 'cloud'],
  ['nothing partial', [snapshot('a', 1), snapshot('b', 2, { partial: true })], undefined, 'a'],
  ['but where there is nothing else', [snapshot('b', 2, { partial: true })], undefined, 'b'],
  ['no mere part of it', [snapshot('a', 1), snapshot('b', 2, { whole: false })], undefined, 'a'],
  ['none of a new drive', [snapshot('a', 1), snapshot('b', 3)], day(2), 'a'],
  ['but of a volume that began empty', [snapshot('a', 3), snapshot('b', 4), mirror()], day(2), 'b'],
  ['what is not lost too', [snapshot('a', 1), snapshot('b', 2, { lostToo: true })], undefined, 'a'],
  ['nothing where nothing is', [], undefined, undefined],
])('a volume is rebuilt from %s', (_, candidates, emptyAt, expected) => {
  expect(chosen(candidates, emptyAt)).toBe(expected);
});

it('says what newer ones were passed over', () => {
  const candidates = [snapshot('a', 1), snapshot('b', 2, { partial: true }), snapshot('c', 4)];
  expect(chooseSource(candidates, day(3))?.notes).toEqual([
    expect.stringMatching(/^1 newer .* provisioned empty/),
    'a newer snapshot is partial',
  ]);
});
