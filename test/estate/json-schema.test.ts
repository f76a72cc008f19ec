import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { estateJsonSchema } from '../../src/estate/json-schema.js';
import { SMALL } from './sandbox.js';

const validate = new Ajv({ strict: false, allErrors: true }).compile(estateJsonSchema());

describe('the JSON Schema', () => {
  it.each(['miket.yaml', 'one-disk.yaml'])('accepts %s', (name) => {
    validate(parse(readFileSync(join(import.meta.dirname, '../../examples', name), 'utf8')));
    expect(validate.errors).toBeNull();
  });

  it.each([
    ['an unknown key', 'platform: linux', 'platform: linux, colour: blue'],
    ['a wrong word', 'filesystem: xfs', 'filesystem: zfs'],
    ['a missing key', '    volume: work\n', ''],
    ['a wrong unit', "cron: '0 * * * *'", 'jitter: 5 minutes'],
    ['a wrong name', '  hourly:', '  Hourly:'],
  ])('refuses %s', (_, from, to) => expect(validate(parse(SMALL.replace(from, to)))).toBe(false));

  it('describes every key for editors', () => {
    const missing: string[] = [];
    describeAll(estateJsonSchema(), '', missing);
    expect(missing).toEqual([]);
  });
});

/** Collects the properties without a description; `kind` and `provider` speak for themselves. */
function describeAll(schema: unknown, path: string, missing: string[]): void {
  if (schema === null || typeof schema !== 'object') return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') {
      for (const [name, property] of Object.entries(value as Record<string, object>)) {
        if (!('description' in property) && !('const' in property)) missing.push(`${path}.${name}`);
        describeAll(property, `${path}.${name}`, missing);
      }
    } else describeAll(value, path, missing);
  }
}
