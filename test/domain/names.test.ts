import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type PrintableName, printableName } from '../../src/domain/names.js';

/** Reads `\xNN` back; every other character stands for its own bytes. */
function decode({ path, encoded }: PrintableName): Buffer {
  if (!encoded) return Buffer.from(path);
  const parts = path.match(/\\x[0-9a-f]{2}|[^\\]+/g) ?? [];
  return Buffer.concat(
    parts.map((part) => (part.startsWith('\\x') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part))),
  );
}

describe('a name that needs no escaping', () => {
  it.each([
    'plain',
    'with blanks',
    '-rf',
    'é',
    '日本',
    '🙂',
    'back\\slash',
    'looks like \\x41',
    '\ufeffbom',
    ' ',
    '',
  ])('%j is given as it is', (name) => {
    expect(printableName(name)).toEqual({ path: name });
    expect(printableName(Buffer.from(name))).toEqual({ path: name });
  });
});

describe('a name that could harm', () => {
  it.each([
    ['a line end', Buffer.from('a\nb'), 'a\\x0ab'],
    ['an escape sequence', Buffer.from('\x1b[31mred'), '\\x1b[31mred'],
    ['DEL', Buffer.from('a\x7f'), 'a\\x7f'],
    ['a C1 control, which is two bytes', Buffer.from('a\u0085b'), 'a\\xc2\\x85b'],
    ['a byte that is no UTF-8', Buffer.from([0x61, 0xff, 0x62]), 'a\\xffb'],
    ['a sequence that is cut off', Buffer.from([0xe2, 0x82, 0x62]), '\\xe2\\x82b'],
    ['an overlong sequence', Buffer.from([0xc0, 0xaf]), '\\xc0\\xaf'],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
    ['beyond Unicode', Buffer.from([0xf5, 0x80, 0x80, 0x80]), '\\xf5\\x80\\x80\\x80'],
    ['beside what is harmless', Buffer.from('é\n日🙂'), 'é\\x0a日🙂'],
    ['with a backslash, which must be told from an escape', Buffer.from('a\\x41\n'), 'a\\x5cx41\\x0a'],
  ])('%s is written as bytes', (_, name, path) => {
    expect(printableName(name)).toEqual({ path, encoded: true });
  });

  it('is written the same from text and from bytes', () => {
    expect(printableName('é\n')).toEqual(printableName(Buffer.from('é\n')));
  });
});

it('whatever the bytes, what is printed is printable and gives them back', () => {
  for (let round = 0; round < 2000; round += 1) {
    const name = randomBytes(1 + (round % 40));
    const printable = printableName(name);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(printable.path).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(decode(printable)).toEqual(name);
  }
});
