import { describe, expect, it } from 'vitest';
import { redact, registerSecret } from '../../src/adapters/redaction.js';

const SECRET = 'p"w\\ d/&<$1>+(é)\n!';

describe('a known secret', () => {
  it.each([
    ['as it is', SECRET],
    ['in JSON by Node', JSON.stringify({ a: SECRET }).slice(6, -2)],
    ['in JSON by Go, which escapes for HTML', 'p\\"w\\\\ d/\\u0026\\u003c$1\\u003e+(é)\\n!'],
    ['in a URL by Node', encodeURIComponent(SECRET)],
    ['in a URL by Go', 'p%22w%5C%20d%2F%26%3C%241%3E%2B%28%C3%A9%29%0A%21'],
  ])('is removed %s', (_, text) => {
    registerSecret(SECRET);
    expect(redact(`before ${text} after ${text}`)).toBe('before *** after ***');
  });

  it('that begins another leaves nothing of the longer one', () => {
    registerSecret('canary');
    registerSecret('canary-and-more');
    expect(redact('canary-and-more canary')).toBe('*** ***');
  });

  it('may be registered again', () => {
    registerSecret('canary-twice');
    registerSecret('canary-twice');
    expect(redact('canary-twice')).toBe('***');
  });
});

it.each(['', 'a', 'yes'])('%j is no secret that could be looked for', (value) => {
  registerSecret(value);
  expect(redact('says yes to a cat')).toBe('says yes to a cat');
});
