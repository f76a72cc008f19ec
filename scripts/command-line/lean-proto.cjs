// A webpack loader for @temporalio/proto: building all of its message types took longer than anything else at the start of
// a command. Kept are those that the client or a command names, the calls that either makes, and all that these refer to.
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { Enum, Namespace, Root, Service, Type } = require('protobufjs/light');
const compiledCodecs = require('./compiled-codecs.cjs');

/** Where a type or a call may be named. */
const SDK = ['node_modules/@temporalio/client/lib', 'node_modules/@temporalio/common/lib'];
const OWN = ['dist/src', 'dist/schedules'];

/** Parts of the client that no command uses. */
const UNUSED_PARTS = [
  'activity-client.js',
  'async-completion-client.js',
  'nexus-client.js',
  'task-queue-client.js',
];
const USE_OF_THEM = /\bclient\.(?:activity|nexus|taskQueue)\b|\bAsyncCompletionClient\b/;

module.exports = function leanProto(source) {
  const [start, end] = [source.indexOf('.addJSON(') + '.addJSON('.length, source.lastIndexOf('});') + 1];
  const json = source.slice(start, end);
  const [sdk, own] = [SDK, OWN].map((folders) =>
    folders.map((folder) => scriptsIn(path.join(this.rootContext, folder))).join('\n'),
  );
  const [use] = USE_OF_THEM.exec(own) ?? [];
  if (use !== undefined) throw new Error(`a command uses ${use}: take that part off UNUSED_PARTS`);
  const lean = JSON.stringify(leanTypes(json, `${sdk}\n${own}`));
  const root = Root.fromJSON({ nested: JSON.parse(lean) }).resolveAll(); // fails if one refers to what is left out
  const types = `${source.slice(0, start)}JSON.parse(${JSON.stringify(lean)})${source.slice(end)}`;
  return `${types}\n$root.compiledCodecs = ${compiledCodecs(root)};\n`;
};

function scriptsIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter(
    (name) => name.endsWith('.js') && !UNUSED_PARTS.includes(path.basename(name)),
  );
  return files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
}

/** The types that are used in `callers`, as they stand in `json`. */
function leanTypes(json, callers) {
  const root = Root.fromJSON({ nested: JSON.parse(json) }).resolveAll();
  const called = new Set(Array.from(callers.matchAll(/\.(\w+)\(/g), ([, name]) => name));
  const isCalled = (method) => called.has(`${method[0].toLowerCase()}${method.slice(1)}`);
  const kept = new Set();
  const keep = (type) => {
    if (!isDeclaration(type) || kept.has(type.fullName)) return;
    kept.add(type.fullName);
    for (const { resolvedType } of type.fieldsArray ?? []) keep(resolvedType);
    for (const { name, resolvedRequestType, resolvedResponseType } of type.methodsArray ?? [])
      if (isCalled(name)) [resolvedRequestType, resolvedResponseType].forEach(keep);
    keep(type.parent); // a type within another is reached through it
  };
  for (const [name] of callers.matchAll(/\b(?:temporal|google|grpc)(?:\.\w+)+/g)) keep(named(root, name));
  return within(JSON.parse(json), '', { kept, isCalled });
}

const isDeclaration = (object) =>
  object instanceof Type || object instanceof Enum || object instanceof Service;

/** What a name means, or its beginning: that of a value names its enumeration. */
function named(root, name) {
  let found = root;
  for (const part of name.split('.')) {
    const next = found instanceof Namespace ? found.get(part) : undefined;
    if (!(next instanceof Namespace) && !(next instanceof Enum)) return found;
    found = next;
  }
  return found;
}

function within(namespaces, prefix, { kept, isCalled }) {
  const entries = Object.entries(namespaces).flatMap(([name, declared]) => {
    const fullName = `${prefix}.${name}`;
    const nested = within(declared.nested ?? {}, fullName, { kept, isCalled });
    const inner = Object.keys(nested).length > 0 ? { nested } : {};
    if (!kept.has(fullName)) return 'nested' in inner ? [[name, inner]] : [];
    const { methods } = declared;
    return [[name, { ...declared, ...(methods && { methods: only(methods, isCalled) }), ...inner }]];
  });
  return Object.fromEntries(entries);
}

/** Without what they say about being called over HTTP. */
function only(methods, isCalled) {
  const calls = Object.entries(methods).filter(([name]) => isCalled(name));
  return Object.fromEntries(
    calls.map(([name, { requestType, responseType, requestStream, responseStream }]) => [
      name,
      { requestType, responseType, requestStream, responseStream },
    ]),
  );
}
