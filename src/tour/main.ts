import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutAround } from '../adapters/tools-folder.js';
import { findTool } from '../adapters/tools.js';
import { startCloud } from './cloud.js';
import { BUCKETS } from './estate-text.js';
import { type Fts, ftsOn } from './fts.js';
import { remoteVariables } from './outside.js';
import { type Sandbox, openSandbox } from './sandbox.js';
import { say, shown, tell } from './telling.js';
import { walk } from './walk.js';

/** The tour: the product's main jobs on a sandbox, each step checked from outside. Exit code 0 only if all of them did what they claim. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
  const sandbox = await openSandbox(checkoutAround(import.meta.dirname) ?? process.cwd());
  const fts = await ftsOn(sandbox);

  say('Start: Temporal server with its Web UI, control worker, host worker, schedules');
  const cloud = await startCloud(sandbox);
  tell(`and a stand-in for Backblaze B2 at ${cloud.endpoint}: rclone's real b2 backend, and no account`);
  try {
    const dev = await fts.startDev();
    const interrupted = interruption(dev);
    try {
      const stopped = await Promise.race([walk(sandbox, fts, cloud.endpoint), interrupted, cloud.failed]);
      if (stopped !== undefined) return stopped;
      if (values.exit) return 0;
      await tellHowToGoOn(sandbox, fts, cloud.endpoint);
      await Promise.race([interrupted, once(dev, 'exit').then(devEnded), cloud.failed]);
      return 0;
    } finally {
      await end(dev);
    }
  } finally {
    await cloud.stop();
  }
}

/** The exit code after the first signal to end. */
function interruption(dev: ChildProcess): Promise<number> {
  return new Promise<number>((resolve) => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      let told = false;
      process.on(signal, () => {
        if (told) dev.kill('SIGTERM'); // the second time, `fts dev` does not wait for anybody
        told = true;
        resolve(code);
      });
    }
  });
}

async function tellHowToGoOn({ folder, cloud }: Sandbox, fts: Fts, endpoint: string): Promise<void> {
  const file = join(folder, 'environment');
  const variables = { ...fts.environment, ...remoteVariables(cloud, endpoint), ...(await path()) };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  tell(
    '',
    `Look around: ${fts.webUi}`,
    'In another terminal, in this folder:',
    `  . ${shown(file)}`,
    '  npx fts status --watch',
    '  npx fts run flux-snapshot',
    '  npx fts schedules list',
    `  rclone tree mirror:${BUCKETS.mirror}`,
    'Ctrl-C ends it; the next `npm start` goes on from here.',
  );
}

/** `PATH` with the folder of rclone, where that is not on it. */
async function path(): Promise<{ PATH?: string }> {
  const [folder, known = ''] = [dirname((await findTool('rclone')).path), process.env.PATH];
  return known.split(delimiter).includes(folder) ? {} : { PATH: `${folder}${delimiter}${known}` };
}

function devEnded(): never {
  throw new Error('fts dev ended by itself; what it said is above');
}

async function end(dev: ChildProcess): Promise<void> {
  if (dev.exitCode !== null || dev.signalCode !== null) return;
  const ended = once(dev, 'exit');
  dev.kill('SIGTERM');
  await ended;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\nThe tour failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
