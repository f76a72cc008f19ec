import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import type * as protobuf from 'protobufjs';
import { expect, it } from 'vitest';

const nodeRequire = createRequire(import.meta.url);
const lazyCodecs = nodeRequire('../../scripts/command-line/lazy-codecs.cjs') as (source: string) => string;
const compiledCodecs = nodeRequire('../../scripts/command-line/compiled-codecs.cjs') as (
  types: protobuf.Namespace,
) => string;
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

const nested = {
  Run: {
    oneofs: { end: { oneof: ['error', 'count'] } },
    fields: {
      id: { type: 'string', id: 1 },
      steps: { rule: 'repeated', type: 'Step', id: 2 },
      memo: { keyType: 'string', type: 'Step', id: 3 },
      data: { type: 'bytes', id: 4 },
      error: { type: 'string', id: 5 },
      count: { type: 'int64', id: 6 },
      state: { type: 'State', id: 7 },
      shares: { rule: 'repeated', type: 'double', id: 8 },
    },
  },
  Step: { fields: { count: { type: 'int64', id: 1 }, done: { type: 'bool', id: 2 } } },
  State: { values: { NONE: 0, ENDED: 1 } },
};

it('a type that was compiled with the bundle reads and writes what protobufjs itself does', async () => {
  const { Root } = nodeRequire('protobufjs/light') as typeof protobuf;
  const { prototype } = await bundled();
  const [plain, compiled] = [1, 2].map(() => Root.fromJSON({ nested }).resolveAll());
  if (!plain || !compiled) throw new Error('no types');
  const source = compiledCodecs(compiled);
  const uses: string[] = [];
  const codecs = (compileFunction(`return ${source}`) as () => Record<string, () => object>)();
  const counted = Object.entries(codecs).map(([name, of]) => [name, () => (uses.push(name), of())]);
  Reflect.set(compiled, 'compiledCodecs', Object.fromEntries(counted));
  for (const type of ['Run', 'Step'].map((name) => compiled.lookupType(name))) {
    Object.defineProperty(type, 'ctor', Object.getOwnPropertyDescriptor(prototype, 'ctor') ?? {});
    prototype.setup.call(type);
  }
  const long = { low: 7, high: 3, unsigned: false };
  const message = {
    ...{ id: 'a', steps: [{ count: 3 }, { count: long, done: true }], memo: { b: { count: 1 }, c: {} } },
    ...{ data: Buffer.from([0, 255]), count: long, state: 1, shares: [0.5, -1] },
  };
  const later = Buffer.from([0x9a, 0x06, 0x01, 0x61]); // field 99, which only a later version knows
  for (const each of [message, {}, { error: 'e' }, { steps: [{}] }]) {
    const bytes = plain.lookupType('Run').encode(each).finish();
    const [wanted, found] = [plain, compiled].map((root) => {
      const type = root.lookupType('Run');
      return { bytes: type.encode(each).finish(), read: type.decode(Buffer.concat([bytes, later])).toJSON() };
    });
    expect(found).toEqual(wanted);
  }
  expect(new Set(uses)).toEqual(new Set(['.Run', '.Step']));
  expect(() => compiled.lookupType('Run').decode(Buffer.from([0x0a, 0x05, 0x61]))).toThrow(
    'index out of range',
  );
});

it('the build fails when protobufjs generates something else', async () => {
  expect(() => lazyCodecs('this.encode = encoder(this)({});')).toThrow('generates encode');
  const source = await readFile(TYPE, 'utf8');
  expect(() => lazyCodecs(source.replace('Type.generateConstructor(this)()', ''))).toThrow('no constructor');
});
