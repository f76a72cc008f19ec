#!/usr/bin/env node
// Sets this checkout up as far as needed, then runs a job:
// node scripts/run.mjs setup|build|test|faults|resources|tour|bench [arguments]
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { installDependencies } from './dependencies.mjs';
import { runToEnd } from './process.mjs';
import { exclusively } from './setup-lock.mjs';
import { explain, SetUpError, step } from './step.mjs';

const OLDEST_NODE = [20, 20];

const JOBS = {
  setup: undefined,
  build: undefined,
  test: ['node_modules/vitest/vitest.mjs', 'run', '--dir', 'test'],
  faults: ['dist/test/faults/main.js'],
  resources: ['dist/test/resources/main.js'],
  tour: ['dist/src/tour/main.js'],
  bench: ['dist/test/bench/main.js'],
};

async function main([job, ...rest]) {
  if (!Object.hasOwn(JOBS, job ?? ''))
    throw new SetUpError(`usage: node scripts/run.mjs ${Object.keys(JOBS).join('|')}`);
  checkNode();
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  await exclusively(async () => {
    await step('dependencies', installDependencies);
    await step('build', build);
    if (job !== 'build') await step('tools', ensureTools);
  });
  const program = JOBS[job];
  return program ? runToEnd([...program, ...rest]) : 0;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new SetUpError(
      `this is Node ${process.versions.node}; ${OLDEST_NODE.join('.')} or later is needed`,
      'install a current Node (https://nodejs.org), and look with `node --version` which one is found',
    );
}

async function ensureTools(say) {
  const { ensureTools: ensure } = await import('../dist/src/adapters/fetch/tools.js');
  const tools = await ensure(['restic', 'rclone', 'temporal'], { log: say });
  if (process.platform === 'linux')
    tools.push(...(await ensure(['getfattr', 'setfattr'], { log: say }).catch(doWithout)));
  return tools
    .map(({ name, version, fetched }) => `${name} ${version}${fetched ? ' (fetched)' : ''}`)
    .join(', ');
}

/** What is better had than not; `fts doctor` says what lacks without it. */
function doWithout(error) {
  if (error.type === 'ToolMissing') return [];
  throw error;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
