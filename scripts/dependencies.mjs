import { readFile } from 'node:fs/promises';
import { runQuietly } from './process.mjs';

/** Makes node_modules what package-lock.json says. Runs at the checkout's root. */
export async function installDependencies(say) {
  if (await dependenciesMatch()) return 'up to date';
  say('dependencies: npm ci');
  await runQuietly([...npm(), 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    name: 'npm ci',
    say,
    hint: 'npm has to reach its registry (`npm ping`), and has to be able to write to node_modules and its cache',
  });
  return 'installed';
}

/** npm leaves in node_modules a lock file of what it installed, and writes it last. */
async function dependenciesMatch() {
  const [wanted, installed] = await Promise.all([
    lockedPackages('package-lock.json'),
    lockedPackages('node_modules/.package-lock.json'),
  ]);
  if (!wanted || !installed) return false;
  const same = (name) => wanted[name]?.version === installed[name]?.version;
  return (
    Object.keys(installed).every(same) &&
    Object.keys(wanted).every((name) => name === '' || wanted[name].optional || same(name))
  );
}

async function lockedPackages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env.npm_execpath;
  return running?.endsWith('npm-cli.js') ? [process.execPath, running] : ['npm'];
}
