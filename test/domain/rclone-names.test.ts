import { expect, it } from 'vitest';
import {
  isUnopenable,
  localNameOfRclone,
  pathOfRcloneName,
  rcloneName,
} from '../../src/domain/rclone-names.js';
import { HOSTILE_NAMES } from '../support/hostile-names.js';

it.each([
  ['a/b c', 'a/b c'],
  ['new\nline', 'new␊line'],
  ['␊', '‛␊'],
  ['\u007f', '␡'],
  ['‛', '‛‛'],
  ['a‛\n‛b', 'a‛‛␊‛‛b'],
])('%j is %j to rclone', (path, name) => {
  expect(rcloneName(path)).toBe(name);
  expect(pathOfRcloneName(name)).toBe(path);
});

it.each(HOSTILE_NAMES)('%j comes back', (path) => {
  expect(pathOfRcloneName(rcloneName(path))).toBe(path);
});

it('a quote in front of nothing special is itself', () => {
  expect(pathOfRcloneName('‛a')).toBe('‛a');
  expect(pathOfRcloneName('a‛')).toBe('a‛');
});

it('names with a quote of their own cannot be opened', () => {
  expect(isUnopenable(rcloneName('say ‛hello'))).toBe(true);
  expect(isUnopenable(rcloneName('\n␊'))).toBe(false);
});

it('no path holds a NUL', () => {
  expect(pathOfRcloneName('a␀')).toBe('a␀');
});

it.each([
  ['‛‛', '‛‛'],
  ['‛␀', '‛␀'],
  ['a‛／b', 'a‛／b'],
  ['‛␊', '␊'],
  ['␊‛‛␊', '\n‛‛\n'],
])('%j becomes %j on this machine', (name, made) => {
  expect(localNameOfRclone(name)).toBe(made);
});
