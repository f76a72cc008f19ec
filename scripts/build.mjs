import { createHash } from 'node:crypto';
import { access, chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runQuietly } from './process.mjs';

const SOURCES = ['src', 'workflows', 'activities', 'workers', 'schedules', 'test', 'scripts/command-line'];
const SETTINGS = ['tsconfig.json', 'package.json', 'package-lock.json'];
/** A build that fails leaves dist as it was, and one that works is there at once. */
const NEXT = 'dist.next';
const RECORD = 'dist/.source-hash';
const COMMAND = 'src/cli/main.js';
const RESULTS = [`dist/${COMMAND}`, 'dist/workflow-bundle.js', 'dist/command-line/main.cjs'];

/** Compiles, and bundles the workflows and the command line, unless dist was made from exactly these sources. Runs at the checkout's root. */
export async function build(say) {
  const hash = await sourceHash();
  if (await isBuiltFrom(hash)) return 'up to date';
  const node = process.execPath;
  await rm(NEXT, { recursive: true, force: true });
  await runQuietly([node, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', NEXT], {
    name: 'tsc',
    say,
  });
  await chmod(path.join(NEXT, COMMAND), 0o755);
  await rm('dist', { recursive: true, force: true });
  await rename(NEXT, 'dist');
  await runQuietly([node, 'dist/workers/build-bundle.js'], { name: 'bundling the workflows', say });
  await runQuietly([node, 'scripts/command-line/bundle.mjs'], { name: 'bundling the command line', say });
  await writeFile(RECORD, `${hash}\n`);
  return 'done';
}

async function isBuiltFrom(hash) {
  try {
    await Promise.all(RESULTS.map((file) => access(file)));
    return (await readFile(RECORD, 'utf8')).trim() === hash;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** SHA-256 over names and contents of all that dist is made from. */
async function sourceHash() {
  const files = (await Promise.all(SOURCES.map(filesBelow))).flat().concat(SETTINGS).sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const hash = createHash('sha256');
  for (const [index, file] of files.entries())
    hash.update(`${file}\0${contents[index].length}\0`).update(contents[index]);
  return hash.digest('hex');
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
