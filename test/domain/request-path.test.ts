import { describe, expect, it } from 'vitest';
import { printableName } from '../../src/domain/names.js';
import { parseRequestPath } from '../../src/domain/request-path.js';

describe('a path that is asked for', () => {
  it.each([
    ['flux', 'flux', ''],
    ['flux/', 'flux', ''],
    ['flux/active/thesis', 'flux', 'active/thesis'],
    ['flux//active/./thesis/', 'flux', 'active/thesis'],
    ['flux/-rf', 'flux', '-rf'],
    ['flux/a b/[x]*', 'flux', 'a b/[x]*'],
    ['flux/new\nline', 'flux', 'new\nline'],
    ['flux/a..b/...', 'flux', 'a..b/...'],
  ])('%j', (text, volume, path) => {
    expect(parseRequestPath(text)).toEqual({ volume, path });
  });

  it.each(['/flux/active', '', '..', '../flux', 'flux/../space', 'flux/active/..', 'flux/a\0b', './flux'])(
    '%j is refused',
    (text) => {
      expect(() => parseRequestPath(text)).toThrow(/cannot be asked for/);
    },
  );

  it.each([
    Buffer.from('active/caf\xe9/new', 'latin1'),
    Buffer.from('active/tab\there/x'),
    Buffer.from('back\\slash\nline'),
    Buffer.from('größe\x7f/ü'),
  ])('as it is printed stands for the name that is printed so (%s)', (name) => {
    const names = name
      .toString('latin1')
      .split('/')
      .map((part) => printableName(Buffer.from(part, 'latin1')).path);
    const { printed } = parseRequestPath(`flux/${names.join('/')}`);
    expect(printed && Buffer.from(printed)).toEqual(name);
  });

  it.each(['caf\\xe9 and back\\slash', 'a\\x41', 'a\\xzz', 'a\\x00b', 'a\\x2fb', 'a\\xE9'])(
    '%s is printed for nothing else',
    (name) => {
      expect(parseRequestPath(`flux/${name}`)).toEqual({ volume: 'flux', path: name });
    },
  );
});
