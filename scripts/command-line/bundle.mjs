// Makes of the compiled command line in dist two files (what help needs, and all else), their compiled code, and the
// launcher that takes main.js's place. Run at the checkout's root, after tsc: node scripts/command-line/bundle.mjs
import { chmod, copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import webpack from 'webpack';
import { recordCode } from './record-code.mjs';

const DIST = path.resolve('dist');
const ENTRY = path.join(DIST, 'src', 'cli', 'main.js');
const FOLDER = path.join(DIST, 'command-line');
const here = (name) => path.join(import.meta.dirname, name);

/** A module's own place, by which it finds programs beside it; the launcher passes `fromDist`. */
const folderOf = ({ module }) => {
  const folder = path.relative(DIST, path.dirname(module.resource));
  return `fromDist(${JSON.stringify(folder)})`;
};
const urlOf = ({ module }) =>
  `require('node:url').pathToFileURL(fromDist(${JSON.stringify(path.relative(DIST, module.resource))})).href`;
const placeOf = (expression) => webpack.DefinePlugin.runtimeValue(expression);

const configuration = {
  mode: 'production',
  target: 'node20.20',
  context: path.resolve(),
  entry: ENTRY,
  devtool: false,
  output: { path: FOLDER, filename: 'main.cjs', chunkFilename: '[name].cjs', clean: true },
  resolve: { alias: { '@grpc/proto-loader': false } }, // gRPC reads its own .proto files with it, for a service we do not offer
  module: {
    parser: { javascript: { url: false } },
    rules: [
      { test: /@temporalio\/proto\/protos\/json-module\.js$/, use: here('lean-proto.cjs') },
      { test: /protobufjs\/src\/type\.js$/, use: here('lazy-codecs.cjs') },
    ],
  },
  plugins: [
    new webpack.DefinePlugin({ 'import.meta.dirname': placeOf(folderOf), 'import.meta.url': placeOf(urlOf) }),
    new webpack.DefinePlugin({ WebAssembly: 'undefined' }), // long compiles some for its arithmetic, and does without
  ],
  optimization: {
    ...{ minimize: false, concatenateModules: false, mangleExports: false }, // a stack trace shows the names of the source
    moduleIds: 'named',
    splitChunks: {
      cacheGroups: { default: false, defaultVendors: false, commands: { name: 'commands', enforce: true } },
    },
  },
  ignoreWarnings: [{ module: /data-converter-helpers/ }], // it loads a converter that a caller names; we name none
};

function compile() {
  return new Promise((resolve, reject) => {
    webpack(configuration, (error, stats) => {
      const trouble = stats?.hasErrors() || stats?.hasWarnings();
      if (error || trouble)
        reject(error ?? new Error(stats.toString({ all: false, errors: true, warnings: true })));
      else resolve();
    });
  });
}

/**
 * Makes of a file what the launcher runs as it stands: one function, because to put it into one at each start would copy it.
 * Escapes what is not ASCII, in strings and expressions; it can stand nowhere else but in comments.
 */
async function toFunction(file) {
  const text = await readFile(file, 'utf8');
  if (/\\[\u0080-\uffff]/.test(text))
    throw new Error(`${file}: a backslash stands before what would be escaped`);
  const escaped = text.replaceAll(
    /[\u0080-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await writeFile(file, `(function (exports, require, module, fromDist) {${escaped}\n})`);
}

if ((await readFile(ENTRY)).equals(await readFile(here('launcher.mjs'))))
  throw new Error(`${ENTRY} is the launcher already; tsc makes what it is bundled from`);
await compile();
for (const name of await readdir(FOLDER)) await toFunction(path.join(FOLDER, name));
await copyFile(here('launcher.mjs'), `${ENTRY}.next`);
await chmod(`${ENTRY}.next`, 0o755);
await rename(`${ENTRY}.next`, ENTRY);
await recordCode(ENTRY);
