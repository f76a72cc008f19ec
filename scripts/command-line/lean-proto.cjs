// A webpack loader for @temporalio/proto: half of its message types are never sent or received by a command, and building
// all of them took longer than anything else at the start of one.

/** Types of the SDK's core, of Temporal Cloud's control plane, and of annotations. */
const UNUSED = [['coresdk'], ['nexusannotations'], ['grpc', 'gateway'], ['temporal', 'api', 'cloud']];

module.exports = function leanProto(source) {
  const [start, end] = [source.indexOf('.addJSON(') + '.addJSON('.length, source.lastIndexOf('});') + 1];
  const types = JSON.parse(source.slice(start, end));
  for (const path of UNUSED) remove(types, path);
  const text = JSON.stringify(JSON.stringify(types));
  return `${source.slice(0, start)}JSON.parse(${text})${source.slice(end)}`;
};

function remove(namespaces, [name, ...rest]) {
  if (namespaces[name] === undefined) throw new Error(`@temporalio/proto has no ${name} any more`);
  if (rest.length > 0) remove(namespaces[name].nested, rest);
  else delete namespaces[name];
}
