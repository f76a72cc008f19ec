import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutAround } from '../adapters/tools-folder.js';
import { findTool } from '../adapters/tools.js';
import { type Fts, ftsOn } from './fts.js';
import { plainRestic, sha256Of } from './outside.js';
import { type Sandbox, openSandbox } from './sandbox.js';
import { seed, work } from './seed.js';

/** The tour: the product's main job on a sandbox, each step checked from outside. Exit code 0 only if all of them did what they claim. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
  const checkout = checkoutAround(import.meta.dirname) ?? process.cwd();
  const sandbox = await openSandbox(checkout);
  const fts = await ftsOn(sandbox);

  say(1, 'Start: Temporal server with its Web UI, control worker, host worker, schedules');
  const dev = await fts.startDev();
  const interrupted = new Promise<number>((resolve) => {
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
  try {
    const stopped = await Promise.race([walk(sandbox, fts), interrupted]);
    if (stopped !== undefined) return stopped;
    if (values.exit) return 0;
    await tellHowToGoOn(sandbox, fts);
    await Promise.race([interrupted, once(dev, 'exit').then(devEnded)]);
    return 0;
  } finally {
    await end(dev);
  }
}

async function walk(sandbox: Sandbox, fts: Fts): Promise<undefined> {
  const restic = (await findTool('restic')).path;
  const local = plainRestic(restic, sandbox.repositories.snapshots, sandbox.password);
  const offSite = plainRestic(restic, sandbox.repositories.offSite, sandbox.password);

  say(2, 'Provision the volumes: folders, and the sentinel without which no job touches them');
  for (const volume of ['flux', 'space', 'off-site']) await must(fts, 'provision', volume);

  say(3, 'Some files');
  const { files, made } = await seed(sandbox.flux);
  tell(
    made
      ? `${String(files)} files in 12 projects, under ${shown(sandbox.flux)}`
      : 'those of the first start are kept',
  );
  const letter = `active/project-01/letter-${String(Date.now())}.txt`;
  await writeFile(join(sandbox.flux, letter), 'Dear reader, this was worth keeping.\n');
  const hash = await sha256Of(join(sandbox.flux, letter));

  say(4, 'Snapshot and backup, as workflows');
  await must(fts, 'run', 'flux-snapshot');
  const withLetter = (await local.snapshots()).at(-1);
  if (!withLetter?.tags?.includes('job=flux-snapshot'))
    throw new Error('restic shows no new snapshot of flux-snapshot');
  await must(fts, 'run', 'flux-backup');
  const backups = await offSite.snapshots();
  if (!backups.at(-1)?.tags?.includes('job=flux-backup'))
    throw new Error('restic shows no new snapshot of flux-backup');

  say(5, 'A day goes by: three files change, and one is deleted by mistake');
  const { changed, deleted } = await work(sandbox.flux, letter);
  tell(`changed ${changed.join(', ')}`, `deleted ${deleted}`);
  await must(fts, 'run', 'flux-snapshot');
  const after = await local.snapshots();
  if (after.at(-1)?.id === withLetter.id) throw new Error('restic shows no second snapshot');

  say(6, 'Get the deleted file back, with plain restic');
  const target = join(sandbox.folder, 'restored');
  const path = join(sandbox.flux, deleted);
  tell(`$ restic restore ${withLetter.id.slice(0, 8)} --include ${shown(path)} --target ${shown(target)}`);
  if ((await sha256Of(await local.restore(withLetter.id, path, target))) !== hash)
    throw new Error('the restored file differs');
  tell('its SHA-256 is that of the file that was deleted');

  say(7, 'Check both repositories, with plain restic, reading every byte');
  await local.check();
  await offSite.check();
  tell(`no errors; ${String(after.length)} snapshots here, ${String(backups.length)} off-site`);

  say(8, 'Status');
  await must(fts, 'status');
  return undefined;
}

async function must(fts: Fts, ...args: string[]): Promise<void> {
  tell(`$ fts ${args.join(' ')}`);
  const code = await fts.run(...args);
  if (code !== 0) throw new Error(`fts ${args.join(' ')} ended with exit code ${String(code)}`);
}

async function tellHowToGoOn(sandbox: Sandbox, fts: Fts): Promise<void> {
  const file = join(sandbox.folder, 'environment');
  const lines = Object.entries(fts.environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  );
  await mkdir(sandbox.folder, { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
  tell(
    '',
    `Look around: ${fts.webUi}`,
    'In another terminal, in this folder:',
    `  . ${shown(file)}`,
    '  npx fts status --watch',
    '  npx fts run flux-snapshot',
    '  npx fts schedules list',
    'Ctrl-C ends it; the next `npm start` goes on from here.',
  );
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

function say(step: number, title: string): void {
  process.stdout.write(`\n${String(step)}. ${title}\n`);
}

function tell(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`   ${line}\n`);
}

/** A path as a person in the checkout would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`\nThe tour failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
