#!/usr/bin/env node
// The built `dist/src/cli/main.js`: runs the bundled command line with V8's compiled code for it, where that fits this Node.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BUNDLE = path.join(HERE, '..', '..', 'command-line');
const nodeRequire = createRequire(import.meta.url);

/** Absolute path of what stands at `name` in `dist`: modules find by it what lies beside their own compiled file. */
const fromDist = (name) => path.join(HERE, '..', '..', name);

const requireFrom = (id) => (id.endsWith('.cjs') ? load(path.basename(id)) : nodeRequire(id));

function load(name) {
  const file = path.join(BUNDLE, name);
  const source = fs.readFileSync(file, 'latin1'); // the bundle is plain ASCII, and this is the fastest way to read it
  const script = new vm.Script(source, { filename: file, cachedData: compiledCode(`${file}.cache`) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireFrom, module, fromDist);
  return module.exports;
}

/** Made for one version of Node. V8 refuses what does not fit, and then compiles: slower, and the same otherwise. */
function compiledCode(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A command parses nothing so often that it would pay to compile a parser for it. */
globalThis.__zod_globalConfig = { jitless: true };

load('main.cjs');
