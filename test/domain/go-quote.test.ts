import { expect, it } from 'vitest';
import { unquoted } from '../../src/domain/go-quote.js';

/** What Go's strconv.Quote writes, without the marks around it. */
it.each([
  ['plain é', 'plain é'],
  [String.raw`a\"b*[x]`, 'a"b*[x]'],
  [String.raw`new\nline\ttab`, 'new\nline\ttab'],
  [String.raw`bell\a\b\f\r\v`, 'bell\x07\b\f\r\v'],
  [String.raw`back\\slash`, 'back\\slash'],
  [String.raw`back\\xff`, String.raw`back\xff`],
  [String.raw`\x01\x7f`, '\x01\x7f'],
  [String.raw`nl\u200b$`, 'nl\u200b$'],
  [String.raw`\U000e0001`, '\u{e0001}'],
  [String.raw`bad\xff`, undefined],
  [String.raw`bad\\\xff`, undefined],
])('%s', (quoted, text) => {
  expect(unquoted(quoted)).toBe(text);
});
