import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerEstateCommands } from './commands-estate.js';
import { registerJobCommands } from './commands-jobs.js';
import { registerLookingCommands } from './commands-looking.js';
import { registerKitCommand } from './commands-kit.js';
import { registerProcessCommands } from './commands-processes.js';
import { registerRecallCommand } from './commands-recall.js';
import { registerRestoreCommand } from './commands-restore.js';
import { registerRebuildCommand } from './commands-rebuild.js';
import { registerScheduleCommands } from './commands-schedules.js';

/** The commands of `fts`. Each loads its own module when it runs, so that help and errors come at once. */
export function createProgram(): Command {
  const program = new Command('fts')
    .description('Durable workflows that look after the volumes of an estate.')
    .option('--estate <file>', 'the estate file (else $FTS_ESTATE, ./estate.yaml, /etc/fts/estate.yaml)')
    .version(packageVersion(), '-V, --version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined }) // main.ts tells errors, in one shape
    .exitOverride()
    .addHelpText('after', AFTER_HELP);
  program.commandsGroup('Every day:');
  registerJobCommands(program);
  registerRecallCommand(program);
  program.commandsGroup('What is saved:');
  registerLookingCommands(program);
  registerRestoreCommand(program);
  registerRebuildCommand(program);
  program.commandsGroup('The estate:');
  registerEstateCommands(program);
  registerKitCommand(program);
  program.commandsGroup('Processes and schedules:');
  registerProcessCommands(program);
  registerScheduleCommands(program);
  return program;
}

const AFTER_HELP = `
Examples:
  $ fts dev                        everything on this machine, with a Web UI
  $ fts run flux-snapshot          start a job and follow it
  $ fts status                     is everything as it should be?

Exit codes:
  0    complete
  1    failed, partial, cancelled, or unhealthy
  2    the request or the estate is wrong
  3    Temporal cannot be reached
  4    held
  5    skipped
  130  interrupted

Temporal is found by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE or temporal.toml; by default at localhost:7233.`;

function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown';
}
