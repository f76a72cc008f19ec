import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import type * as protobuf from 'protobufjs';
import { expect, it } from 'vitest';

const nodeRequire = createRequire(import.meta.url);
const lazyCodecs = nodeRequire('../../scripts/command-line/lazy-codecs.cjs') as (source: string) => string;
const TYPE = nodeRequire.resolve('protobufjs/src/type.js');

type Codec = Record<
  'encode' | 'decode' | 'verify' | 'fromObject' | 'toObject',
  (message: unknown) => unknown
>;
interface ProtobufType {
  prototype: { setup: (this: object) => object };
}

/** protobufjs' own type of message, as the bundle has it. */
async function bundled(): Promise<ProtobufType> {
  const module = { exports: {} as ProtobufType };
  const source = lazyCodecs(await readFile(TYPE, 'utf8'));
  const run = compileFunction(source, ['require', 'module', 'exports']) as (...args: unknown[]) => void;
  run(createRequire(TYPE), module, module.exports);
  return module.exports;
}

it('a type of message in the bundle reads and writes what protobufjs itself does, in whatever order it is used', async () => {
  const { Root } = nodeRequire('protobufjs/light') as typeof protobuf;
  const { setup } = (await bundled()).prototype;
  const types = () =>
    Root.fromJSON({
      nested: {
        Run: { fields: { id: { type: 'string', id: 1 }, steps: { rule: 'repeated', type: 'Step', id: 2 } } },
        Step: { fields: { count: { type: 'int64', id: 1 } } },
      },
    }).resolveAll();
  const [plain, lazy] = [types(), types()].map((root) => root.lookupType('Run'));
  if (plain === undefined || lazy === undefined) throw new Error('no types');
  setup.call(lazy);
  setup.call(lazy.root.lookupType('Step'));
  const message = { id: 'a', steps: [{ count: 3 }, { count: 4 }] };
  const codec = lazy as unknown as Codec;
  expect(codec.verify({ id: 1 })).toBe('id: string expected');
  const bytes = plain.encode(message).finish();
  expect(lazy.encode(message).finish()).toEqual(bytes);
  expect(codec.toObject(codec.decode(bytes))).toEqual(plain.toObject(plain.decode(bytes)));
  expect(lazy.encode(lazy.fromObject(message)).finish()).toEqual(bytes);
});

it('the build fails when protobufjs generates something else', () => {
  expect(() => lazyCodecs('this.encode = encoder(this)({});')).toThrow('generates encode');
});
