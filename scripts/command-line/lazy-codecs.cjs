// A webpack loader for protobufjs/src/type.js: it generates five functions for a type of message as soon as one is used, and
// a command needs but one of them. Each is generated at its own first use.
const EAGER = /this\.(\w+) = ((?:converter\.)?\w+)\(this\)\((\{[^}]*\})\);/g;
const FUNCTIONS = ['encode', 'decode', 'verify', 'fromObject', 'toObject'];

const AT_FIRST_USE = `
function atFirstUse(generate) {
    var generated;
    return function () {
        generated = generated || generate();
        return generated.apply(this, arguments);
    };
}`;

module.exports = function lazyCodecs(source) {
  const found = Array.from(source.matchAll(EAGER), ([, name]) => name);
  if (found.join() !== FUNCTIONS.join())
    throw new Error(`protobufjs generates ${found.join(', ')}, not ${FUNCTIONS.join(', ')}`);
  return source.replaceAll(EAGER, 'this.$1 = atFirstUse(() => $2(this)($3));').concat(AT_FIRST_USE);
};
