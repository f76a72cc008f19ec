// What protobufjs generates at the first use of a type of message, and V8 then compiles, as source that is compiled with the
// bundle: its constructor, what writes and what reads it. It is protobufjs' own text for that type, letter by letter.
const { Type } = require('protobufjs/light');
const encoder = require('protobufjs/src/encoder');
const decoder = require('protobufjs/src/decoder');

/** Source of an object: for each full name of a type below `root`, a function that gives its generators. */
module.exports = function compiledCodecs(root) {
  const entries = typesIn(root).map(
    (type) => `${JSON.stringify(type.fullName)}: () => (${generators(type)})`,
  );
  return `{\n${entries.join(',\n')}\n}`;
};

const typesIn = (namespace) =>
  (namespace.nestedArray ?? []).flatMap((nested) => [
    ...(nested instanceof Type ? [nested] : []),
    ...typesIn(nested),
  ]);

/** Each is called with the scope that `Type.prototype.setup` gives to what it generates (lazy-codecs.cjs). */
const generators = (type) => `{
ctor: () => ${Type.generateConstructor(type)},
encode: ({ Writer, types, util }) => ${encoder(type)},
decode: ({ Reader, types, util, C }) => ${decoder(type)},
}`;
