import { expect, it } from 'vitest';
import { formatFindings } from '../../src/estate/findings.js';

const finding = (line: number, file = 'estate.yaml') => ({
  file,
  line,
  column: 7,
  path: 'jobs',
  message: 'wrong',
});

it('prints a line each, fifty at most, and how many more there are', () => {
  expect(formatFindings([finding(3)])).toEqual(['estate.yaml:3:7: wrong']);
  const lines = formatFindings(Array.from({ length: 53 }, (_, index) => finding(index + 1)));
  expect(lines).toHaveLength(51);
  expect(lines.slice(-2)).toEqual(['estate.yaml:50:7: wrong', 'and 3 more']);
});

it('stays on one line whatever the file is called', () => {
  expect(formatFindings([finding(1, 'a\nb.yaml')])).toEqual(['a\\x0ab.yaml:1:7: wrong']);
});
