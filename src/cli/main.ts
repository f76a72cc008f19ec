#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ExitCode } from '../domain/outcome.js';
import { createProgram } from './program.js';

/** A reader that has seen enough (`fts runs | head`) is no error. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode);
  });
}

process.exitCode = await main(process.argv);
process.stdout.write('', () => process.exit());

async function main(argv: string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv);
    return Number(process.exitCode ?? ExitCode.complete);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.complete;
    if (error instanceof CommanderError && error.code === 'commander.help') return ExitCode.usage;
    const { reportFailure } = await import('./failure-report.js');
    return reportFailure(error, { json: argv.includes('--json') });
  }
}
