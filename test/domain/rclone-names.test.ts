import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isNameOnDisk, pathOfRcloneName, rcloneName } from '../../src/domain/rclone-names.js';
import { HOSTILE_NAMES, QUOTED_NAMES } from '../support/hostile-names.js';

it.each([
  ['a/b c', 'a/b c'],
  ['new\nline', 'new␊line'],
  ['␊', '‛␊'],
  ['\u007f', '␡'],
  ['‛', '‛‛'],
  ['a‛\n‛b', 'a‛‛␊‛‛b'],
  ['．/．．/a．', '‛．/‛．‛．/a．'],
  ['‛．', '‛‛．'],
])('%j is %j to rclone', (path, name) => {
  expect(rcloneName(path)).toBe(name);
  expect(pathOfRcloneName(name)).toBe(path);
});

it.each([...HOSTILE_NAMES, ...QUOTED_NAMES])('%j comes back', (path) => {
  expect(pathOfRcloneName(rcloneName(path))).toBe(path);
});

it('a quote in front of nothing special is itself', () => {
  expect(pathOfRcloneName('‛a')).toBe('‛a');
  expect(pathOfRcloneName('a‛')).toBe('a‛');
});

it.each([...HOSTILE_NAMES, ...QUOTED_NAMES])('%j is a name that a disk can have', (path) => {
  expect(isNameOnDisk(rcloneName(join('a', path, path)))).toBe(true);
});

it.each(['．．', 'a/．．/b', '．/a', 'a／b', '‛‛／', 'a␀', 'a/b/．．', '‛a／'])('%j is none', (name) => {
  expect(isNameOnDisk(name)).toBe(false);
});
