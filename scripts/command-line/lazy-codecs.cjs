// A webpack loader for protobufjs/src/type.js: it generates five functions for a type of message as soon as one is used, and
// a command needs but one of them. Each is generated at its own first use, or taken from those that were compiled with the
// bundle, where the type's root has it (compiled-codecs.cjs).
const EAGER = /this\.(\w+) = ((?:converter\.)?\w+)\(this\)\((\{[^}]*\})\);/g;
const FUNCTIONS = ['encode', 'decode', 'verify', 'fromObject', 'toObject'];
const CONSTRUCTOR = 'Type.generateConstructor(this)()';

const AT_FIRST_USE = `
function atFirstUse(generate) {
    var generated;
    return function () {
        generated = generated || generate();
        return generated.apply(this, arguments);
    };
}
function compiled(type, name) {
    var codecs = type.root.compiledCodecs && type.root.compiledCodecs[type.fullName];
    return codecs && codecs()[name];
}`;

module.exports = function lazyCodecs(source) {
  const found = Array.from(source.matchAll(EAGER), ([, name]) => name);
  if (found.join() !== FUNCTIONS.join())
    throw new Error(`protobufjs generates ${found.join(', ')}, not ${FUNCTIONS.join(', ')}`);
  if (!source.includes(CONSTRUCTOR)) throw new Error('protobufjs generates no constructor where it did');
  return source
    .replaceAll(EAGER, "this.$1 = atFirstUse(() => (compiled(this, '$1') || $2(this))($3));")
    .replace(CONSTRUCTOR, "(compiled(this, 'ctor') || Type.generateConstructor(this))()")
    .concat(AT_FIRST_USE);
};
